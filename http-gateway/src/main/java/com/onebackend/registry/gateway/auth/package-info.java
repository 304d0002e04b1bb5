/**
 * Who asks, and what they may do: tokens, passwords, roles. Knows {@code protocol.api} and the engine's
 * {@link com.onebackend.registry.gateway.http.Authenticator}.
 */
package com.onebackend.registry.gateway.auth;
