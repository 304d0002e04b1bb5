package com.onebackend.registry.node;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The effective configuration of one node, from environment variables.
 *
 * @param selfUrl OB_SELF_URL as given, without a trailing slash: how others reach this node
 * @param host the host in it
 * @param nodeId OB_NODE_ID; empty when it is to be generated and kept in the data folder
 * @param peers OB_PEERS: self URLs of some nodes, this one's left out
 * @param seeds OB_PEERS as given, sorted: what founding nodes compare
 * @param folder OB_FOLDER: everything this node keeps
 * @param clusterSecret OB_CLUSTER_SECRET; empty when it is to be generated (single node only)
 * @param adminPassword OB_ADMIN_PASSWORD; empty when it is to be generated at founding
 * @param rejoins OB_REJOIN: when this node has lost its place for good, it begins anew
 * @param stopDelay OB_STOP_DELAY: how long the node answers on, but says that it is not ready, before it stops
 * @param snapshotEntries OB_CATALOG_SNAPSHOT_ENTRIES: a snapshot of the catalog after so many entries of its log
 */
record NodeConfig(
        String selfUrl,
        String host,
        int httpPort,
        int gossipPort,
        int raftPort,
        String bindHost,
        String nodeId,
        String region,
        String availabilityZone,
        List<String> peers,
        List<String> seeds,
        Path folder,
        String clusterSecret,
        String adminPassword,
        boolean rejoins,
        Duration stopDelay,
        int snapshotEntries) {
    /** The one value of OB_REJOIN. */
    static final String NEW_GENERATION = "new-generation";

    /** Named in OB_PEERS at most. */
    static final int PEERS_MAX = 64;

    private static final int PORT_MAX = 65_535;
    /** Characters of OB_REGION and of OB_AVAILABILITY_ZONE. */
    static final int PLACE_CHARS_MAX = 256;
    /** The largest OB_STOP_DELAY. */
    static final int STOP_DELAY_SECONDS_MAX = 300;

    private static final int STOP_DELAY_SECONDS = 3;
    private static final int SNAPSHOT_ENTRIES = 10_000;
    private static final int SNAPSHOT_ENTRIES_MIN = 10;
    private static final int SNAPSHOT_ENTRIES_MAX = 1_000_000;

    private static final String DEFAULT_SELF_URL = "http://127.0.0.1:11337";
    private static final Set<String> KNOWN = Set.of(
            "OB_SELF_URL",
            "OB_NODE_ID",
            "OB_REGION",
            "OB_AVAILABILITY_ZONE",
            "OB_AZ",
            "OB_PEERS",
            "OB_FOLDER",
            "OB_HTTP_PORT",
            "OB_GOSSIP_PORT",
            "OB_RAFT_PORT",
            "OB_BIND_HOST",
            "OB_CLUSTER_SECRET",
            "OB_ADMIN_PASSWORD",
            "OB_REJOIN",
            "OB_STOP_DELAY",
            "OB_CATALOG_SNAPSHOT_ENTRIES");
    /** Of the command line and of the programs this one replaces: no business of the daemon, and no mistake either. */
    private static final Set<String> IGNORED = Set.of(
            "OB_SERVER_URL",
            "OB_TOKEN",
            "OB_PASSWORD",
            "OB_DB",
            "OB_DB_CONNECTION_STRING",
            "OB_DB_PREFIX",
            "OB_ENCRYPTION_KEY",
            "OB_TOKEN_EXPIRATION",
            "OB_TOKEN_AUTO_REFRESH_OFF",
            "OB_VERIFY_CONTACTS",
            "OB_CONTACT_EMAIL",
            "OB_TEST");

    NodeConfig {
        peers = List.copyOf(peers);
        seeds = List.copyOf(seeds);
    }

    /**
     * Reads and checks the environment.
     *
     * @throws ConfigException on the first setting that cannot work
     */
    static NodeConfig from(final Map<String, String> environment) {
        refuseUnknown(environment);
        final String selfUrl = trimSlash(text(environment, "OB_SELF_URL", DEFAULT_SELF_URL));
        final URI self = url("OB_SELF_URL", selfUrl);
        final int httpPort = httpPort(environment, self);
        final List<String> seeds = seeds(environment);
        final List<String> peers =
                seeds.stream().filter(seed -> !sameUrl(seed, selfUrl)).toList();
        refuseLoopbackMix(selfUrl, self.getHost(), peers);
        final NodeConfig config = new NodeConfig(
                selfUrl,
                self.getHost(),
                httpPort,
                port(environment, "OB_GOSSIP_PORT", httpPort + 1),
                port(environment, "OB_RAFT_PORT", httpPort + 2),
                text(environment, "OB_BIND_HOST", bindHost(self.getHost())),
                nodeId(environment),
                text(environment, "OB_REGION", ""),
                text(environment, "OB_AVAILABILITY_ZONE", text(environment, "OB_AZ", "")),
                peers,
                seeds,
                folder(environment),
                text(environment, "OB_CLUSTER_SECRET", ""),
                text(environment, "OB_ADMIN_PASSWORD", ""),
                rejoins(environment),
                stopDelay(environment),
                snapshotEntries(environment));
        config.refuseUnusable();
        return config;
    }

    /** What is in force, one setting a line, secrets masked. */
    Map<String, String> masked() {
        final Map<String, String> shown = new TreeMap<>();
        shown.put("OB_SELF_URL", selfUrl);
        shown.put("OB_NODE_ID", nodeId);
        shown.put("OB_REGION", region);
        shown.put("OB_AVAILABILITY_ZONE", availabilityZone);
        shown.put("OB_PEERS", String.join(",", seeds));
        shown.put("OB_FOLDER", folder.toString());
        shown.put("OB_HTTP_PORT", Integer.toString(httpPort));
        shown.put("OB_GOSSIP_PORT", Integer.toString(gossipPort));
        shown.put("OB_RAFT_PORT", Integer.toString(raftPort));
        shown.put("OB_BIND_HOST", bindHost);
        shown.put("OB_CATALOG_SNAPSHOT_ENTRIES", Integer.toString(snapshotEntries));
        shown.put("OB_STOP_DELAY", Long.toString(stopDelay.toSeconds()));
        shown.put("OB_CLUSTER_SECRET", clusterSecret.isEmpty() ? "(generated)" : "****");
        shown.put("OB_ADMIN_PASSWORD", adminPassword.isEmpty() ? "(generated at founding)" : "****");
        shown.put("OB_REJOIN", rejoins ? NEW_GENERATION : "");
        return shown;
    }

    @Override
    public String toString() {
        return masked().toString();
    }

    private void refuseUnusable() {
        if (region.length() > PLACE_CHARS_MAX || availabilityZone.length() > PLACE_CHARS_MAX) {
            throw new ConfigException(
                    "OB_REGION and OB_AVAILABILITY_ZONE have at most " + PLACE_CHARS_MAX + " characters");
        }
        if (httpPort == gossipPort || httpPort == raftPort || gossipPort == raftPort) {
            throw new ConfigException("the HTTP port " + httpPort + ", OB_GOSSIP_PORT " + gossipPort
                    + " and OB_RAFT_PORT " + raftPort + " must all differ");
        }
        if (!peers.isEmpty() && clusterSecret.isEmpty()) {
            throw new ConfigException("OB_CLUSTER_SECRET is missing: nodes with OB_PEERS need the same secret,"
                    + " 32 characters or more, for example from: openssl rand -hex 32");
        }
    }

    private static void refuseUnknown(final Map<String, String> environment) {
        for (final String name : new TreeMap<>(environment).keySet()) {
            if (name.startsWith("OB_") && !KNOWN.contains(name) && !IGNORED.contains(name)) {
                throw new ConfigException(name + " is not a setting of this program; known are "
                        + String.join(", ", new TreeSet<>(KNOWN)));
            }
        }
    }

    private static int httpPort(final Map<String, String> environment, final URI self) {
        if (environment.containsKey("OB_HTTP_PORT")) {
            return port(environment, "OB_HTTP_PORT", 0);
        }
        if (self.getPort() < 0) {
            throw new ConfigException("OB_SELF_URL " + self + " has no port: write " + self.getScheme() + "://"
                    + self.getHost() + ":11337, or set OB_HTTP_PORT when a proxy in front listens at the default port");
        }
        return self.getPort();
    }

    private static List<String> seeds(final Map<String, String> environment) {
        final Set<String> seeds = new LinkedHashSet<>();
        for (final String peer : text(environment, "OB_PEERS", "").split("[,\\s]+", -1)) {
            if (!peer.isEmpty()) {
                final String trimmed = trimSlash(peer);
                url("OB_PEERS", trimmed);
                seeds.add(trimmed);
            }
        }
        if (seeds.size() > PEERS_MAX) {
            throw new ConfigException("OB_PEERS names " + seeds.size() + " nodes; at most " + PEERS_MAX
                    + " are needed, one reachable one is enough to join");
        }
        return seeds.stream().sorted().toList();
    }

    private static void refuseLoopbackMix(final String selfUrl, final String host, final List<String> peers) {
        if (!isLoopback(host)) {
            return;
        }
        for (final String peer : peers) {
            if (!isLoopback(url("OB_PEERS", peer).getHost())) {
                throw new ConfigException("OB_SELF_URL " + selfUrl + " is this machine's loopback, which the peer "
                        + peer + " cannot reach: set OB_SELF_URL to an address its peers can reach");
            }
        }
    }

    private static boolean rejoins(final Map<String, String> environment) {
        final String rejoin = text(environment, "OB_REJOIN", "");
        if (!rejoin.isEmpty() && !rejoin.equals(NEW_GENERATION)) {
            throw new ConfigException("OB_REJOIN " + rejoin + " is not known; its one value is " + NEW_GENERATION
                    + ": a node that its cluster removed, or that lost its Raft log, joins again as a new one");
        }
        return !rejoin.isEmpty();
    }

    private static String nodeId(final Map<String, String> environment) {
        final String nodeId = text(environment, "OB_NODE_ID", "");
        if (!nodeId.isEmpty() && !nodeId.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,127}")) {
            throw new ConfigException(
                    "OB_NODE_ID " + nodeId + " must be 1 to 128 letters, digits or . _ -, the first a letter or digit");
        }
        return nodeId;
    }

    private static Path folder(final Map<String, String> environment) {
        final String folder = text(environment, "OB_FOLDER", "");
        return folder.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".1backend", "registry")
                : Path.of(folder).toAbsolutePath().normalize();
    }

    private static URI url(final String setting, final String written) {
        // Messages are logged, and a password may have strayed into the URL.
        final String text = written.replaceFirst("//.*@", "//****@");
        final URI url;
        try {
            url = new URI(written);
        } catch (final URISyntaxException e) {
            throw new ConfigException(setting + " " + text + " is not a URL: " + e.getReason());
        }
        final String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
        if (url.getRawQuery() != null || url.getRawFragment() != null) {
            throw new ConfigException(setting + " " + text + " must end before the '?' or '#'");
        }
        if (url.getPort() == 0 || url.getPort() > 65_535) {
            throw new ConfigException(setting + " " + text + " has no usable port: it must be 1 to 65535");
        }
        if (!List.of("http", "https").contains(scheme) || url.getHost() == null || url.getRawUserInfo() != null) {
            throw new ConfigException(setting + " " + text + " must look like http://host:11337");
        }
        if (url.getPort() == 0 || url.getPort() > PORT_MAX) {
            throw new ConfigException(setting + " " + text + " has a port that is not 1 to " + PORT_MAX);
        }
        return url;
    }

    private static int port(final Map<String, String> environment, final String name, final int fallback) {
        final String text = text(environment, name, Integer.toString(fallback));
        try {
            final int port = Integer.parseInt(text);
            if (port > 0 && port <= PORT_MAX) {
                return port;
            }
        } catch (final NumberFormatException e) {
            throw new ConfigException(name + " " + text + " is not a port number");
        }
        throw new ConfigException(name + " " + text + " is not a port: it must be 1 to " + PORT_MAX);
    }

    private static Duration stopDelay(final Map<String, String> environment) {
        final String text = text(environment, "OB_STOP_DELAY", Integer.toString(STOP_DELAY_SECONDS));
        if (!text.matches("[0-9]{1,3}") || Integer.parseInt(text) > STOP_DELAY_SECONDS_MAX) {
            throw new ConfigException(
                    "OB_STOP_DELAY " + text + " must be a number of seconds, 0 to " + STOP_DELAY_SECONDS_MAX);
        }
        return Duration.ofSeconds(Integer.parseInt(text));
    }

    private static int snapshotEntries(final Map<String, String> environment) {
        final String text = text(environment, "OB_CATALOG_SNAPSHOT_ENTRIES", Integer.toString(SNAPSHOT_ENTRIES));
        final int entries = text.matches("[0-9]{1,7}") ? Integer.parseInt(text) : -1;
        if (entries < SNAPSHOT_ENTRIES_MIN || entries > SNAPSHOT_ENTRIES_MAX) {
            throw new ConfigException("OB_CATALOG_SNAPSHOT_ENTRIES " + text + " must be a number, "
                    + SNAPSHOT_ENTRIES_MIN + " to " + SNAPSHOT_ENTRIES_MAX);
        }
        return entries;
    }

    private static String text(final Map<String, String> environment, final String name, final String fallback) {
        final String text = environment.get(name);
        return text == null || text.isBlank() ? fallback : text.trim();
    }

    private static String trimSlash(final String url) {
        return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    }

    private static boolean sameUrl(final String one, final String other) {
        return one.equalsIgnoreCase(other);
    }

    /** Loopback stays on loopback; else every address, of both families where an IPv6 one is advertised. */
    private static String bindHost(final String host) {
        if (isLoopback(host)) {
            return host;
        }
        return host.startsWith("[") ? "::" : "0.0.0.0";
    }

    private static boolean isLoopback(final String host) {
        final String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        if (bare.equalsIgnoreCase("localhost")) {
            return true;
        }
        final boolean literal = bare.indexOf(':') >= 0 || bare.matches("[0-9.]+");
        try {
            return literal && InetAddress.getByName(bare).isLoopbackAddress();
        } catch (final UnknownHostException e) {
            throw new ConfigException(host + " is not an IP address");
        }
    }
}
