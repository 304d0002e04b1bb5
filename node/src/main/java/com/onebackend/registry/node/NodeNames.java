package com.onebackend.registry.node;

import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.model.UrlText;

/** What an operator may call a node: its id, or its URL in any usual spelling. */
final class NodeNames {
    private NodeNames() {}

    static boolean matches(final NodeRecord node, final String urlOrId) {
        return node.id().equals(urlOrId)
                || UrlText.normalise(node.url()).equals(UrlText.normalise(urlOrId))
                || UrlText.normalise(node.url()).equals(UrlText.normalise(withBothSlashes(urlOrId)));
    }

    /** A proxy in between may have made one slash of two. */
    private static String withBothSlashes(final String url) {
        return url.replaceFirst("^(https?):/+", "$1://");
    }
}
