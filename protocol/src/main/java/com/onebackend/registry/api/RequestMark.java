package com.onebackend.registry.api;

import java.util.UUID;

/**
 * Marks a request that its client may send again, at any node: it is applied once.
 *
 * @param id the same for every sending
 * @param contentHash of what it asks for; a request with the same id and other content is refused
 */
public record RequestMark(UUID id, long contentHash) {}
