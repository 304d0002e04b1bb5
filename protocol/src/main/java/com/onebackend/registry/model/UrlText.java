package com.onebackend.registry.model;

import java.util.Locale;
import java.util.Optional;

/**
 * A URL in its parts, as text: nothing is resolved, decoded or looked up.
 *
 * @param scheme as written
 * @param userInfo what stands before the '@', without it; empty when there is none
 * @param host name or address as written, an IPv6 address without its brackets
 * @param port 0 when none is written
 * @param path empty, or from the '/' on
 * @param suffix query and fragment, from the '?' or '#' on; empty when there is none
 */
public record UrlText(String scheme, String userInfo, String host, int port, String path, String suffix) {
    /** The longest url, in characters. */
    public static final int CHARS_MAX = 2_048;

    private static final int PORT_MAX = 65_535;
    private static final int PORT_DIGITS_MAX = 5;
    private static final int HOST_CHARS_MAX = 253;

    /** A url of scheme, host and port alone; port 0 leaves it out. */
    public static UrlText of(final String scheme, final String host, final int port) {
        return new UrlText(scheme, "", host, port, "", "");
    }

    /** The parts of {@code scheme://[user@]host[:port][/path][?query]}; empty when {@code text} is not such a url. */
    public static Optional<UrlText> parse(final String text) {
        final int colon = text.indexOf("://");
        if (colon <= 0 || text.length() > CHARS_MAX || !isPrintable(text) || !isScheme(text.substring(0, colon))) {
            return Optional.empty();
        }
        final int start = colon + 3;
        final int pathStart = firstOf(text, start, "/?#");
        final int suffixStart = firstOf(text, pathStart, "?#");
        final String authority = text.substring(start, pathStart);
        final int at = authority.lastIndexOf('@');
        final String hostPort = authority.substring(at + 1);
        final int hostEnd = hostPort.startsWith("[") ? hostPort.indexOf(']') + 1 : firstOf(hostPort, 0, ":");
        final int port = hostEnd == hostPort.length() ? 0 : port(hostPort.substring(hostEnd));
        final String host = hostEnd <= 0 ? "" : host(hostPort.substring(0, hostEnd));
        if (host.isEmpty() || port < 0) {
            return Optional.empty();
        }
        final String userInfo = at < 0 ? "" : authority.substring(0, at);
        final String path = text.substring(pathStart, suffixStart);
        return Optional.of(
                new UrlText(text.substring(0, colon), userInfo, host, port, path, text.substring(suffixStart)));
    }

    /** The form under which equal urls are equal texts: see {@link #normalised}. What is no url stays as it is. */
    public static String normalise(final String text) {
        return parse(text).map(url -> url.normalised().text()).orElse(text);
    }

    /** A host as it is compared: lower case, without the brackets of an IPv6 address. */
    public static String normaliseHost(final String host) {
        final boolean isBracketed = host.length() > 2 && host.startsWith("[") && host.endsWith("]");
        return (isBracketed ? host.substring(1, host.length() - 1) : host).toLowerCase(Locale.ROOT);
    }

    /** Scheme and host in lower case, the path without trailing slashes. */
    public UrlText normalised() {
        int end = path.length();
        while (end > 0 && path.charAt(end - 1) == '/') {
            end--;
        }
        return new UrlText(
                scheme.toLowerCase(Locale.ROOT), userInfo, normaliseHost(host), port, path.substring(0, end), suffix);
    }

    /** The port written, else the usual one of http or https, else 0. */
    public int portOrDefault() {
        if (port != 0) {
            return port;
        }
        return switch (scheme.toLowerCase(Locale.ROOT)) {
            case "http", "ws" -> 80;
            case "https", "wss" -> 443;
            default -> 0;
        };
    }

    /** True for http and https. */
    public boolean isHttp() {
        return "http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme);
    }

    /** The url as one text. */
    public String text() {
        final StringBuilder url = new StringBuilder(CHARS_MAX / 16);
        url.append(scheme).append("://");
        if (!userInfo.isEmpty()) {
            url.append(userInfo).append('@');
        }
        final boolean isIpv6 = host.indexOf(':') >= 0;
        url.append(isIpv6 ? "[" : "").append(host).append(isIpv6 ? "]" : "");
        if (port != 0) {
            url.append(':').append(port);
        }
        return url.append(path).append(suffix).toString();
    }

    @Override
    public String toString() {
        return text();
    }

    private static int firstOf(final String text, final int from, final String wanted) {
        for (int i = from; i < text.length(); i++) {
            if (wanted.indexOf(text.charAt(i)) >= 0) {
                return i;
            }
        }
        return text.length();
    }

    private static boolean isPrintable(final String text) {
        return text.chars()
                .noneMatch(c -> Character.isWhitespace(c) || Character.isSpaceChar(c) || Character.isISOControl(c));
    }

    private static boolean isScheme(final String scheme) {
        return isLetter(scheme.charAt(0)) && scheme.chars().allMatch(c -> isLetterOrDigit(c) || "+-.".indexOf(c) >= 0);
    }

    /** The host without brackets; empty when it is malformed. */
    private static String host(final String written) {
        if (written.startsWith("[")) {
            final String address = written.substring(1, written.length() - 1);
            return isIpv6(address) ? address : "";
        }
        final boolean isName = written.length() <= HOST_CHARS_MAX
                && written.chars().allMatch(c -> isLetterOrDigit(c) || "-._~".indexOf(c) >= 0)
                && !written.startsWith(".")
                && !written.contains("..");
        return isName ? written : "";
    }

    /** Close enough to tell an address from something else: hex digits, at least two colons, an optional zone. */
    private static boolean isIpv6(final String address) {
        final int zone = address.indexOf('%');
        final String digits = zone < 0 ? address : address.substring(0, zone);
        final String name = zone < 0 ? "any" : address.substring(zone + 1);
        final boolean isZoneFine =
                !name.isEmpty() && name.chars().allMatch(c -> isLetterOrDigit(c) || "-._~%".indexOf(c) >= 0);
        return isZoneFine
                && digits.chars().filter(c -> c == ':').count() >= 2
                && digits.chars().allMatch(c -> c == ':' || c == '.' || (Character.digit(c, 16) >= 0 && c < 0x80));
    }

    /** The port after its colon; -1 when it is malformed. */
    private static int port(final String written) {
        final String digits = written.substring(1);
        final boolean isNumber = written.charAt(0) == ':'
                && !digits.isEmpty()
                && digits.length() <= PORT_DIGITS_MAX
                && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        final int port = isNumber ? Integer.parseInt(digits) : -1;
        return port > 0 && port <= PORT_MAX ? port : -1;
    }

    private static boolean isLetter(final int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    private static boolean isLetterOrDigit(final int c) {
        return isLetter(c) || (c >= '0' && c <= '9');
    }
}
