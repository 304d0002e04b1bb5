package com.onebackend.registry.directory;

import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.InstanceStatus;
import java.util.List;

/**
 * Which instances are wanted: all given conditions must hold. Empty texts, port 0, a null status and an empty list mean
 * "any".
 *
 * @param host matches the host field or the host inside the url, whatever its case
 * @param scheme matches the scheme field, or the url's when that is empty; so do {@code port} and {@code path}
 * @param nodeUrl compared normalised: case of scheme and host, trailing slash
 * @param tags all must be present
 * @param visibleSlug when not null, only instances of this slug are visible to the caller
 */
public record InstanceQuery(
        String id,
        String slug,
        String host,
        String ip,
        String scheme,
        int port,
        String path,
        String deploymentId,
        String nodeUrl,
        InstanceStatus status,
        List<String> tags,
        String visibleSlug) {
    /** Every instance. */
    public static final InstanceQuery ALL = new InstanceQuery("", "", "", "", "", 0, "", "", "", null, List.of(), null);

    public InstanceQuery {
        tags = List.copyOf(tags);
    }

    /** True when the instance fulfils every condition. */
    public boolean matches(final Instance instance) {
        return new Match(this).test(new Row(instance));
    }

    /** Every instance of one service. */
    public static InstanceQuery ofSlug(final String slug) {
        return new InstanceQuery("", slug, "", "", "", 0, "", "", "", null, List.of(), null);
    }
}
