package com.onebackend.registry.model;

/**
 * One GPU of a node.
 *
 * @param index its number inside the node
 * @param memoryUsage MiB
 * @param memoryTotal MiB
 * @param utilization percent, 0 to 100
 * @param temperature degrees Celsius
 * @param powerUsage watts
 * @param powerCap watts
 */
public record Gpu(
        int index,
        String name,
        String busId,
        double temperature,
        String performanceState,
        double powerUsage,
        double powerCap,
        int memoryUsage,
        int memoryTotal,
        double utilization,
        String computeMode,
        String cudaVersion) {}
