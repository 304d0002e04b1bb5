/**
 * Immutable records that every other package speaks in. Knows nothing but itself; anybody may use it.
 */
package com.onebackend.registry.model;
