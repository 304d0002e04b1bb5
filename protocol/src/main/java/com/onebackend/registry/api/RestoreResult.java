package com.onebackend.registry.api;

/**
 * What a step of a restore did.
 *
 * @param taken records that are there now; of BEGIN: 1 when this backup had been restored to its end before, else 0
 * @param leftOut records that have no place in another cluster
 * @param keysLeftOut signing keys that this cluster's secret does not open
 */
public record RestoreResult(long taken, long leftOut, long keysLeftOut) {}
