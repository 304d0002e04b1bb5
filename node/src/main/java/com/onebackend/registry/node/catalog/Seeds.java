package com.onebackend.registry.node.catalog;

import java.net.URI;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/**
 * The nodes this one was told of, itself perhaps among them.
 *
 * @param self this node's own URL, normalised
 * @param urls all of them, normalised, sorted, each once
 */
public record Seeds(String self, List<String> urls) {
    public Seeds {
        urls = List.copyOf(urls);
    }

    /** From OB_SELF_URL and OB_PEERS. */
    public static Seeds of(final String selfUrl, final Collection<String> peerUrls) {
        final TreeSet<String> sorted = new TreeSet<>();
        for (final String url : peerUrls) {
            if (!url.isBlank()) {
                sorted.add(normalised(url));
            }
        }
        return new Seeds(normalised(selfUrl), List.copyOf(sorted));
    }

    /** Nobody else was named. */
    boolean isAlone() {
        return others().isEmpty();
    }

    boolean containsSelf() {
        return urls.contains(self);
    }

    List<String> others() {
        return urls.stream().filter(url -> !url.equals(self)).toList();
    }

    /** Scheme and host in lower case, no slash at the end; what is no URL stays as it is. */
    static String normalised(final String url) {
        String text = url.strip();
        while (text.endsWith("/")) {
            text = text.substring(0, text.length() - 1);
        }
        try {
            final URI uri = URI.create(text);
            if (uri.getScheme() == null || uri.getRawAuthority() == null) {
                return text;
            }
            return uri.getScheme().toLowerCase(Locale.ROOT)
                    + "://"
                    + uri.getRawAuthority().toLowerCase(Locale.ROOT)
                    + uri.getRawPath();
        } catch (final IllegalArgumentException e) {
            return text;
        }
    }
}
