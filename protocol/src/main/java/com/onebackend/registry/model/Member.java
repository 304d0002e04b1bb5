package com.onebackend.registry.model;

/**
 * One member as one node sees it.
 *
 * @param endpoint where its gossip listens
 * @param url the node's own URL (OB_SELF_URL), where its HTTP door is
 */
public record Member(MemberId id, Incarnation incarnation, MemberState state, Endpoint endpoint, String url) {
    /** The same member, believed to be in another state. */
    public Member withState(final MemberState next) {
        return new Member(id, incarnation, next, endpoint, url);
    }

    /** The same member in another incarnation and state. */
    public Member with(final Incarnation nextIncarnation, final MemberState next) {
        return new Member(id, nextIncarnation, next, endpoint, url);
    }
}
