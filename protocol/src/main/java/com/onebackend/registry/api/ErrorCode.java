package com.onebackend.registry.api;

/** Why a request was refused, whether it may have happened, and whether to try again. */
public enum ErrorCode {
    /** The request is malformed. Did not happen; do not retry. */
    INVALID(400),
    /** No token, or a bad one. Did not happen; log in, then retry. */
    UNAUTHENTICATED(401),
    /** A good token without the permission. Did not happen; do not retry. */
    FORBIDDEN(403),
    /** The thing does not exist. Did not happen; do not retry. */
    NOT_FOUND(404),
    /** The path is known, the method is not. Did not happen; do not retry. */
    METHOD_NOT_ALLOWED(405),
    /** The state forbids it. Did not happen; read, then decide. */
    CONFLICT(409),
    /** The body is larger than the limit. Did not happen; do not retry. */
    TOO_LARGE(413),
    /** A queue is full. Did not happen; retry after a pause. */
    OVERLOADED(429),
    /** A bug of ours. Unknown whether it happened. */
    INTERNAL(500),
    /** No majority, or not ready. Did not happen; retry later. */
    UNAVAILABLE(503),
    /** No majority, or no answer, after it was handed on. May have happened; read before a retry. */
    INDETERMINATE(503);

    private final int httpStatus;

    ErrorCode(final int httpStatus) {
        this.httpStatus = httpStatus;
    }

    /** The HTTP status it is answered with. */
    public int httpStatus() {
        return httpStatus;
    }
}
