package com.onebackend.registry.directory;

import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import java.util.ArrayList;
import java.util.List;

/** Instances for tests. */
final class Instances {
    private static final Origin OWNER = new Origin(1);

    private Instances() {}

    static Instance of(final String id, final String slug, final String url) {
        return of(id, registration(slug, url, "", "", ""));
    }

    static Instance of(final String id, final Part.Registration registration) {
        return new Instance(id, registration, InstanceStatus.HEALTHY, "", Part.Intent.Mode.SERVE, 1, OWNER);
    }

    static Part.Registration registration(
            final String slug, final String url, final String host, final String deploymentId, final String nodeUrl) {
        return new Part.Registration(
                slug, url, "", host, "", 0, "", deploymentId, nodeUrl, List.of("a", "b"), Stamp.ZERO);
    }

    static Instance withStatus(final Instance instance, final InstanceStatus status) {
        return new Instance(
                instance.id(),
                instance.registration(),
                status,
                instance.details(),
                instance.mode(),
                instance.lastHeartbeatMillis(),
                instance.owner());
    }

    static List<String> idsFound(final Directory directory, final InstanceQuery query) {
        final List<String> ids = new ArrayList<>();
        directory.find(query, entry -> ids.add(entry.instance().id()));
        return ids;
    }

    static InstanceQuery byHost(final String host) {
        return new InstanceQuery("", "", host, "", "", 0, "", "", "", null, List.of(), null);
    }

    static InstanceQuery byNode(final String nodeUrl) {
        return new InstanceQuery("", "", "", "", "", 0, "", "", nodeUrl, null, List.of(), null);
    }

    static InstanceQuery byDeployment(final String deploymentId) {
        return new InstanceQuery("", "", "", "", "", 0, "", deploymentId, "", null, List.of(), null);
    }

    static InstanceQuery byId(final String id) {
        return new InstanceQuery(id, "", "", "", "", 0, "", "", "", null, List.of(), null);
    }
}
