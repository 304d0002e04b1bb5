package com.onebackend.registry.node.instances;

import com.onebackend.registry.model.Part;

/**
 * An instance from a backup.
 *
 * @param registration what its client had declared
 * @param intent what an operator wanted of it; null = nothing
 */
public record RestoredInstance(String id, Part.Registration registration, Part.Intent intent) {}
