package com.onebackend.registry.directory;

import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.UrlText;

/**
 * One entry with the keys it is indexed under, computed once per change.
 *
 * @param nodeUrl normalised; empty when it has none
 * @param host the host field, normalised; empty when it has none
 * @param urlHost the host inside the url, normalised; empty when it has none
 */
record Row(Entry entry, String nodeUrl, String host, String urlHost) {
    Row(final Instance instance) {
        this(
                new Entry(instance),
                UrlText.normalise(instance.registration().nodeUrl()),
                UrlText.normaliseHost(instance.registration().host()),
                UrlText.parse(instance.url())
                        .map(url -> UrlText.normaliseHost(url.host()))
                        .orElse(""));
    }

    /** The same instance with a later sign of life: no key changes. */
    Row seen(final long lastHeartbeatMillis) {
        return new Row(new Entry(instance().withLastHeartbeat(lastHeartbeatMillis)), nodeUrl, host, urlHost);
    }

    Instance instance() {
        return entry.instance();
    }

    String id() {
        return entry.instance().id();
    }

    String slug() {
        return entry.instance().slug();
    }
}
