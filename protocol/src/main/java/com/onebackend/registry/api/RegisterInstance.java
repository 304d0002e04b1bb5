package com.onebackend.registry.api;

import com.onebackend.registry.model.InstanceStatus;
import java.util.List;

/**
 * A request to register an instance or to update one. Absent texts are empty; an absent port is 0; {@code tags} and
 * {@code status} are null when they were not given.
 *
 * @param details free text shown with the status; empty when not given
 */
public record RegisterInstance(
        String id,
        String slug,
        String url,
        String scheme,
        String host,
        String ip,
        int port,
        String path,
        String deploymentId,
        String nodeUrl,
        List<String> tags,
        InstanceStatus status,
        String details) {}
