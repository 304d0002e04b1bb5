package com.onebackend.registry.model;

/**
 * What became of a definition at one of its revisions.
 *
 * @param millis when, milliseconds since 1970
 * @param who slug of the account that saved or deleted it
 * @param definition the content saved; null = it was deleted
 */
public record DefinitionRevision(long revision, long millis, String who, Definition definition) {
    /** True when this revision is the deletion. */
    public boolean isDeletion() {
        return definition == null;
    }
}
