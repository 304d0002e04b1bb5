package com.onebackend.registry.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.model.Origin;
import org.junit.jupiter.api.Test;

class PeerEndpointsTest {
    @Test
    void unknownNodeIsLookedForAtTheUsualPort() {
        final PeerEndpoints endpoints = new PeerEndpoints();
        assertThat(endpoints.knownOrUsual("http://a.example:11337")).isEqualTo(new Endpoint("a.example", 11_338));
        assertThat(endpoints.knownOrUsual("https://a.example")).isEqualTo(new Endpoint("a.example", 444));
        assertThat(endpoints.knownOrUsual("http://a.example:65535")).isEqualTo(new Endpoint("a.example", 65_535));
    }

    @Test
    void nodeOfTheCatalogIsLookedForWhereItsRecordSays() {
        assertThat(PeerEndpoints.of(node("http://a.example:11337", 7_000))).contains(new Endpoint("a.example", 7_000));
    }

    @Test
    void recordWithoutAUsableAddressIsPassedOver() {
        // It is read on Raft's own thread: what throws there would end every node.
        assertThat(PeerEndpoints.of(node("http://a_b:1", 7_000))).isEmpty();
        assertThat(PeerEndpoints.of(node("no url", 7_000))).isEmpty();
        assertThat(PeerEndpoints.of(node("", 7_000))).isEmpty();
        assertThat(PeerEndpoints.of(node("http://a.example:1", 0))).isEmpty();
    }

    private static NodeRecord node(final String url, final int gossipPort) {
        return new NodeRecord(
                "n", new Origin(1), new Generation(1), url, "", "", gossipPort, 3, NodeRecord.HostFacts.UNKNOWN);
    }
}
