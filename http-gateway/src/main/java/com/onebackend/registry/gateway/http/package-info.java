/**
 * The HTTP/1.1 engine: strict decoding, limits, routing with a policy on every route, answers as bytes. Knows
 * Netty and the vocabulary of {@code protocol.api}; knows no handler.
 */
package com.onebackend.registry.gateway.http;
