package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;

/**
 * Where a session that broke off may go on, with any peer, for one origin's log.
 *
 * <p>A list of points says of a requester: of every version up to its {@code from} it has the entry, or something that
 * supersedes it, or there is something that supersedes it among the versions up to the {@code seen} of their logs. A
 * peer that has everything up to every {@code seen} therefore need not send anything up to {@code from}: what the
 * requester lacks of that, the peer has dropped as well.
 *
 * @param from read the log after this version
 * @param seen only a peer that has all versions up to here may start from {@code from}
 */
public record ResumePoint(Origin origin, long from, long seen) {
    /** With more logs than this a session is not resumed: a request with digest and points must fit a frame. */
    public static final int POINTS_MAX = 8_192;
}
