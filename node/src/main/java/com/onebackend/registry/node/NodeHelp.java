package com.onebackend.registry.node;

import java.io.PrintStream;

/** What {@code registry --help} prints. */
final class NodeHelp {
    private static final String TEXT = """
            Usage: registry [--SETTING VALUE ...]

            Runs one node of Registry Svc. Settings come from the environment; a flag of the same name wins over it
            (OB_SELF_URL is --self-url). Secrets are taken from the environment only.

              OB_SELF_URL            this node's URL as its peers and clients reach it; its port is the HTTP port
                                     (default http://127.0.0.1:11337)
              OB_NODE_ID             this node's name, unique in the cluster (default: generated, kept in the folder)
              OB_REGION              where it runs
              OB_AVAILABILITY_ZONE   the zone inside the region (OB_AZ is understood, too)
              OB_PEERS               self URLs of some nodes, separated by commas; none: a cluster of its own
              OB_FOLDER              everything the node keeps (default ~/.1backend/registry)
              OB_CLUSTER_SECRET      32 characters or more, the same at every node; proves membership
              OB_ADMIN_PASSWORD      password of the account 1backend, used when the cluster is founded
                                     (default: generated into the folder)
              OB_REJOIN              new-generation: a node that the cluster removed, or that lost the Raft log it voted
                                     by, sets its data aside and joins again as a new node; no effect on a healthy one
              OB_HTTP_PORT           when OB_SELF_URL names the port of a proxy in front, or none
              OB_GOSSIP_PORT         UDP and TCP (default HTTP port + 1)
              OB_RAFT_PORT           TCP (default HTTP port + 2)
              OB_STOP_DELAY          seconds, 0 to 300, for which a node told to end (SIGTERM) answers on, but is no
                                     more ready: load balancers and clients go elsewhere (default 3; none when no
                                     other node is there)
              OB_CATALOG_SNAPSHOT_ENTRIES
                                     a snapshot of the catalog after so many entries of its log, and as many kept
                                     (default 10000)
              OB_BIND_HOST           the local address to listen at (default: all; loopback when OB_SELF_URL is)

            registry --repair-log      cuts an entry that a power cut left unfinished off the end of a stopped
                                     node's Raft log, and nothing else; a copy of the file is kept

            JVM options: JAVA_OPTS. Exit status 78: the configuration or the folder cannot be used as it is.
            """;

    private NodeHelp() {}

    @SuppressWarnings("SystemOut")
    static void print() {
        final PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true);
        out.print(TEXT);
        out.flush();
    }
}
