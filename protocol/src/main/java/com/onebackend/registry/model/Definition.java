package com.onebackend.registry.model;

import java.util.List;
import java.util.Map;

/**
 * A service definition: how a service can be deployed and what it offers. Absent texts are empty, absent lists empty,
 * {@code image} and {@code repository} may be null, not both.
 *
 * @param revision 1 at the first save, one more at each further save
 * @param owner slug of the account that saved it last
 * @param updatedMillis when it was saved last, milliseconds since 1970
 */
public record Definition(
        String id,
        Image image,
        List<PortMapping> ports,
        List<EnvVar> envars,
        Repository repository,
        List<ApiSpec> apiSpecs,
        List<Client> clients,
        long revision,
        String owner,
        long updatedMillis) {
    public Definition {
        ports = List.copyOf(ports);
        envars = List.copyOf(envars);
        apiSpecs = List.copyOf(apiSpecs);
        clients = List.copyOf(clients);
    }

    /** The same content, as saved: with its revision, who saved it and when. */
    public Definition saved(final long newRevision, final String by, final long millis) {
        return new Definition(id, image, ports, envars, repository, apiSpecs, clients, newRevision, by, millis);
    }

    /** A container image. */
    public record Image(String name, List<Integer> internalPorts) {
        public Image {
            internalPorts = List.copyOf(internalPorts);
        }
    }

    /** A port inside the container and the host port it is published at. */
    public record PortMapping(int internal, int host) {}

    /** An environment variable with its default value. */
    public record EnvVar(String key, String value) {}

    /** Source code to build the image from. */
    public record Repository(
            String url, String version, String buildContext, String containerFile, List<Integer> internalPorts) {
        public Repository {
            internalPorts = List.copyOf(internalPorts);
        }
    }

    /** A description of the service's API. {@code url} may be relative. */
    public record ApiSpec(String url, String protocolType, String version, Map<String, String> metadata) {
        public ApiSpec {
            metadata = Map.copyOf(metadata);
        }
    }

    /** A client library. */
    public record Client(String language, String url) {}
}
