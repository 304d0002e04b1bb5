/**
 * The port the door calls: what a caller may ask of this node, without any transport. Knows {@code model} and
 * {@code directory}; implemented by the daemon, called by the http-gateway.
 */
package com.onebackend.registry.api;
