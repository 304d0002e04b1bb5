package com.onebackend.registry.node.instances;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegisterInstance;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.model.UrlText;
import java.util.List;
import java.util.regex.Pattern;

/** From what a client sent to the registration part that is stored. Pure; refuses with INVALID and the field's name. */
final class RegistrationRules {
    static final int URL_CHARS_MAX = 2_048;
    static final int TEXT_CHARS_MAX = 256;
    static final int DETAILS_CHARS_MAX = 1_024;
    static final int TAGS_MAX = 64;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:@~-]{0,127}");
    private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9+.-]{0,31}");
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._~:\\[\\]%-]{1,253}");

    private static final Pattern IPV4 = Pattern.compile("((25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})(\\.|$)){4}(?<!\\.)");

    private RegistrationRules() {}

    /** Checks what can be checked without knowing what is registered already. */
    static void check(final RegisterInstance request) {
        name("id", request.id());
        name("slug", request.slug());
        text("url", request.url(), URL_CHARS_MAX);
        text("nodeUrl", request.nodeUrl(), URL_CHARS_MAX);
        text("path", request.path(), URL_CHARS_MAX);
        text("deploymentId", request.deploymentId(), TEXT_CHARS_MAX);
        if (request.details().length() > DETAILS_CHARS_MAX) {
            throw invalid("details is longer than " + DETAILS_CHARS_MAX + " characters");
        }
        unicode("details", request.details());
        if (request.port() < 0 || request.port() > 65_535) {
            throw invalid("port " + request.port() + " is not between 1 and 65535");
        }
        if (!request.scheme().isEmpty() && !SCHEME.matcher(request.scheme()).matches()) {
            throw invalid("scheme must be lower-case letters and digits, like http");
        }
        host("host", request.host());
        if (!request.ip().isEmpty() && !isIpAddress(request.ip())) {
            throw invalid("ip is not an IP address; a name goes into host");
        }
        if (request.tags() != null) {
            tags(request.tags());
        }
    }

    /** True when the request says where the instance is. */
    static boolean hasAddress(final RegisterInstance request) {
        return !request.url().isEmpty()
                || !request.host().isEmpty()
                || !request.ip().isEmpty();
    }

    /** The full address the request declares; only when {@link #hasAddress}. */
    static String url(final RegisterInstance request) {
        if (!request.url().isEmpty()) {
            final UrlText url = UrlText.parse(request.url())
                    .orElseThrow(
                            () -> invalid("url " + request.url() + " is not an address like http://host:8080/path"));
            if (!url.userInfo().isEmpty()) {
                throw invalid("url must not hold a user or password: everybody who discovers it would read them");
            }
            return request.url();
        }
        final String host = request.host().isEmpty() ? request.ip() : request.host();
        final String scheme = request.scheme().isEmpty() ? "http" : request.scheme();
        final String path =
                request.path().isEmpty() || request.path().startsWith("/") ? request.path() : "/" + request.path();
        final String built = new UrlText(scheme, "", host, request.port(), path, "").text();
        if (UrlText.parse(built).isEmpty()) {
            throw invalid("host, port and path do not make an address: " + built);
        }
        return built;
    }

    /**
     * The registration to store.
     *
     * @param before what is registered under the same id; null when nothing is. What the request leaves out is kept
     * @param selfUrl the node that took the request
     */
    static Part.Registration merge(
            final RegisterInstance request,
            final String slug,
            final Part.Registration before,
            final String selfUrl,
            final Stamp born) {
        if (!hasAddress(request)) {
            if (before == null) {
                throw invalid("an instance needs a url, or a host or ip with a port");
            }
            return new Part.Registration(
                    slug,
                    before.url(),
                    before.scheme(),
                    before.host(),
                    before.ip(),
                    before.port(),
                    before.path(),
                    or(request.deploymentId(), before.deploymentId()),
                    or(request.nodeUrl(), before.nodeUrl()),
                    request.tags() == null ? before.tags() : request.tags(),
                    born);
        }
        final String url = url(request);
        final UrlText parsed = UrlText.parse(url).orElseThrow();
        return new Part.Registration(
                slug,
                url,
                or(request.scheme(), parsed.scheme()),
                or(request.host(), request.ip().isEmpty() ? parsed.host() : ""),
                request.ip(),
                request.port() > 0 ? request.port() : parsed.portOrDefault(),
                or(request.path(), parsed.path()),
                or(request.deploymentId(), before == null ? "" : before.deploymentId()),
                or(request.nodeUrl(), before == null ? selfUrl : before.nodeUrl()),
                request.tags() != null ? request.tags() : before == null ? List.of() : before.tags(),
                born);
    }

    private static void name(final String field, final String value) {
        if (!value.isEmpty() && !NAME.matcher(value).matches()) {
            throw invalid(field + " must be 1 to 128 letters, digits or . _ : @ ~ -, starting with a letter or digit");
        }
    }

    private static void host(final String field, final String value) {
        if (!value.isEmpty() && !HOST.matcher(value).matches()) {
            throw invalid(field + " is not a host name or IP address");
        }
    }

    /** Literals only: nothing is looked up. */
    private static boolean isIpAddress(final String text) {
        final String bare = text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
        return bare.indexOf(':') >= 0
                ? UrlText.parse("http://[" + bare + "]").isPresent()
                : IPV4.matcher(bare).matches();
    }

    private static void text(final String field, final String value, final int charsMax) {
        if (value.length() > charsMax) {
            throw invalid(field + " is longer than " + charsMax + " characters");
        }
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) <= ' ' || value.charAt(i) == 0x7f) {
                throw invalid(field + " must not contain blanks or control characters");
            }
        }
        unicode(field, value);
    }

    /** Half a character has no bytes: other nodes, and this one after a restart, would read something else. */
    private static void unicode(final String field, final String value) {
        if (value.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
            throw invalid(field + " contains half of a surrogate pair, which is no character");
        }
    }

    private static void tags(final List<String> tags) {
        if (tags.size() > TAGS_MAX) {
            throw invalid("more than " + TAGS_MAX + " tags");
        }
        for (final String tag : tags) {
            if (tag.isEmpty() || tag.length() > TEXT_CHARS_MAX || tag.chars().anyMatch(Character::isISOControl)) {
                throw invalid("a tag must have 1 to " + TEXT_CHARS_MAX + " printable characters");
            }
            unicode("a tag", tag);
        }
    }

    private static String or(final String value, final String fallback) {
        return value.isEmpty() ? fallback : value;
    }

    static RegistryException invalid(final String message) {
        return new RegistryException(ErrorCode.INVALID, message);
    }
}
