/**
 * Between records and bytes: the only place in this module that sees generated protobuf. Every limit on what a peer may
 * send is in {@code WireLimits}.
 */
package com.onebackend.registry.wire;
