/**
 * The daemon: configuration, composition root, start and close order. Knows every other package; nobody knows it.
 */
package com.onebackend.registry.node;
