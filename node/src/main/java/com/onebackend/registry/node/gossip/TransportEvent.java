package com.onebackend.registry.node.gossip;

/** What the transports count. Nothing here is an error of the caller: gossip itself repairs what was dropped. */
public enum TransportEvent {
    DATAGRAM_SENT,
    DATAGRAM_RECEIVED,
    /** Larger than a datagram's payload may be. */
    DATAGRAM_TOO_LARGE,
    /** Sent or received before the cluster was known. */
    DATAGRAM_BEFORE_JOIN,
    /** The socket was busy, or too many sends waited for a name. */
    DATAGRAM_OVERFLOW,
    /** The kernel refused it: no route, no buffer, a firewall. */
    DATAGRAM_SEND_FAILED("the network refuses datagrams; look at routes and firewalls"),
    /** Not one of ours, by length, magic or version. */
    DATAGRAM_MALFORMED,
    DATAGRAM_WRONG_CLUSTER("a node of another cluster sends here; look at OB_PEERS"),
    /** The seal does not hold. */
    DATAGRAM_FORGED("a sender has another OB_CLUSTER_SECRET, or somebody forges datagrams"),
    DATAGRAM_REPLAYED,
    NAME_UNRESOLVED("a peer's host name does not resolve"),

    FRAME_SENT,
    FRAME_RECEIVED,
    FRAME_BEFORE_JOIN,
    FRAME_TOO_LARGE,
    /** The peer's out-queue, or all of them together, were full. */
    FRAME_OVERFLOW,
    /** Waited for a peer that could not be reached. */
    FRAME_UNREACHABLE,
    /** Was being written when its connection broke. */
    FRAME_LOST,
    /** An impossible length or kind, or a frame that has no place where it came. */
    FRAME_MALFORMED,
    /** The gossip loop's inbox was full: reading from a peer stopped for a while. */
    READ_PAUSED,

    CONNECTION_OPENED,
    CONNECT_FAILED,
    /** No mutual TLS: another secret, or not a node at all. */
    HANDSHAKE_FAILED("a peer has another OB_CLUSTER_SECRET, or something else than a node connects"),
    HELLO_MALFORMED("a peer speaks another version of the protocol"),
    HELLO_WRONG_CLUSTER("a node of another cluster connects; look at OB_PEERS"),
    HELLO_BEFORE_JOIN,
    CONNECTION_OVER_LIMIT("too many connections; look at who connects to the gossip port"),
    CONNECTION_TIMED_OUT,
    /** An unexpected failure while handling a connection or a datagram. */
    HANDLER_FAILED("a message could not be handled; this is a defect"),

    REQUEST_SENT,
    REQUEST_FAILED,
    REQUEST_SERVED,
    /** The executor for requests was full. */
    REQUEST_OVERFLOW,
    /** The handler threw. */
    REQUEST_HANDLER_FAILED("a request of a peer could not be answered");

    private final String hint;

    TransportEvent() {
        this("");
    }

    TransportEvent(final String hint) {
        this.hint = hint;
    }

    /** What an operator should know, empty when it is everyday. */
    String hint() {
        return hint;
    }
}
