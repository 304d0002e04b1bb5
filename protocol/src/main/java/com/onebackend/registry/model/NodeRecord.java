package com.onebackend.registry.model;

/**
 * What the catalog knows of a node: who it is and where it is, not how it is.
 *
 * @param origin the origin of its data folder
 * @param generation the process generation that wrote this record
 * @param url its OB_SELF_URL, exactly as configured
 */
public record NodeRecord(
        String id,
        Origin origin,
        Generation generation,
        String url,
        String region,
        String availabilityZone,
        int gossipPort,
        int raftPort,
        HostFacts host) {
    /** Facts of the machine that do not change while the process runs. */
    public record HostFacts(String hostname, String os, String arch, int cores) {
        /** Nothing known. */
        public static final HostFacts UNKNOWN = new HostFacts("", "", "", 0);
    }
}
