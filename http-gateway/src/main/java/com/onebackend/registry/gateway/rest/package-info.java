/**
 * The REST interface: one class of handlers per group of routes, and the JSON they speak. Every handler runs on
 * an event loop and must not block.
 */
package com.onebackend.registry.gateway.rest;
