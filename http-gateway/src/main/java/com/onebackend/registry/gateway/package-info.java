/**
 * The door, put together: {@link com.onebackend.registry.gateway.GatewayServer} and its configuration. Used by the
 * daemon; knows the HTTP engine ({@code http}), the handlers ({@code rest}) and accounts ({@code auth}).
 */
package com.onebackend.registry.gateway;
