/**
 * SWIM with Lifeguard, membership only: who is there, who is suspected, who is dead. Knows {@code model}; used by
 * {@code gossip} alone. Pure: time and randomness come in as parameters.
 */
package com.onebackend.registry.membership;
