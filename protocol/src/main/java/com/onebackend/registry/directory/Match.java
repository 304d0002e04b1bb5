package com.onebackend.registry.directory;

import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.UrlText;
import java.util.Locale;
import java.util.Optional;

/** One query, prepared: what is compared normalised is normalised once. */
final class Match {
    private final InstanceQuery query;
    private final String host;
    private final String nodeUrl;

    Match(final InstanceQuery query) {
        this.query = query;
        this.host = UrlText.normaliseHost(query.host());
        this.nodeUrl = UrlText.normalise(query.nodeUrl());
    }

    /** The host asked for, normalised; empty = any. */
    String host() {
        return host;
    }

    /** The node url asked for, normalised; empty = any. */
    String nodeUrl() {
        return nodeUrl;
    }

    /** True when the row fulfils every condition of the query. */
    boolean test(final Row row) {
        final Instance instance = row.entry().instance();
        final Part.Registration declared = instance.registration();
        return isAnyOr(query.id(), instance.id())
                && isAnyOr(query.slug(), declared.slug())
                && (query.visibleSlug() == null || query.visibleSlug().equals(declared.slug()))
                && (query.status() == null || query.status() == instance.status())
                && isAnyOr(query.deploymentId(), declared.deploymentId())
                && isAnyOr(nodeUrl, row.nodeUrl())
                && (host.isEmpty() || host.equals(row.host()) || host.equals(row.urlHost()))
                && isAnyOr(query.ip(), declared.ip())
                && declared.tags().containsAll(query.tags())
                && matchesAddress(declared);
    }

    /** Scheme, port and path: the field where the client declared it, else what its url says. */
    private boolean matchesAddress(final Part.Registration declared) {
        if (query.scheme().isEmpty() && query.port() == 0 && query.path().isEmpty()) {
            return true;
        }
        final Optional<UrlText> url = UrlText.parse(declared.url());
        final String scheme = fieldOr(declared.scheme(), url.map(UrlText::scheme));
        final String path = fieldOr(declared.path(), url.map(UrlText::path));
        final int port = declared.port() != 0
                ? declared.port()
                : url.map(UrlText::portOrDefault).orElse(0);
        return isAnyOr(query.scheme().toLowerCase(Locale.ROOT), scheme.toLowerCase(Locale.ROOT))
                && (query.port() == 0 || query.port() == port)
                && isAnyOr(query.path(), path);
    }

    private static String fieldOr(final String field, final Optional<String> fallback) {
        return field.isEmpty() ? fallback.orElse("") : field;
    }

    private static boolean isAnyOr(final String wanted, final String value) {
        return wanted.isEmpty() || wanted.equals(value);
    }
}
