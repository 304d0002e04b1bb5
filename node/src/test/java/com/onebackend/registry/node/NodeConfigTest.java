package com.onebackend.registry.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.model.Origin;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeConfigTest {
    private static final String SECRET = "0123456789abcdef0123456789abcdef";

    @Test
    void withoutAnySettingANodeOfItsOwnListensAtTheDefaultPortOfLoopback() {
        final NodeConfig config = NodeConfig.from(Map.of());

        assertThat(config.selfUrl()).isEqualTo("http://127.0.0.1:11337");
        assertThat(config.httpPort()).isEqualTo(11_337);
        assertThat(config.gossipPort()).isEqualTo(11_338);
        assertThat(config.raftPort()).isEqualTo(11_339);
        assertThat(config.bindHost()).isEqualTo("127.0.0.1");
        assertThat(config.peers()).isEmpty();
    }

    @Test
    void ownUrlIsNoPeerButIsASeed() {
        final NodeConfig config = NodeConfig.from(settings(
                "OB_SELF_URL", "http://a.example:11337/",
                "OB_PEERS", "http://b.example:11337, http://A.example:11337",
                "OB_CLUSTER_SECRET", SECRET));

        assertThat(config.peers()).containsExactly("http://b.example:11337");
        assertThat(config.seeds()).containsExactly("http://A.example:11337", "http://b.example:11337");
        assertThat(config.bindHost()).isEqualTo("0.0.0.0");
    }

    @Test
    void stopDelayIsThreeSecondsUnlessSaidOtherwise() {
        assertThat(NodeConfig.from(Map.of()).stopDelay()).isEqualTo(Duration.ofSeconds(3));
        assertThat(NodeConfig.from(settings("OB_STOP_DELAY", "0")).stopDelay()).isZero();
        assertThat(NodeConfig.from(settings("OB_STOP_DELAY", "300")).stopDelay())
                .isEqualTo(Duration.ofMinutes(5));
        refused("0 to 300", "OB_STOP_DELAY", "301");
        refused("0 to 300", "OB_STOP_DELAY", "-1");
        refused("0 to 300", "OB_STOP_DELAY", "3s");
    }

    @Test
    void aUrlWithoutPortIsUsableOnlyWithAnHttpPort() {
        refused("has no port", "OB_SELF_URL", "http://a.example");
        assertThat(NodeConfig.from(settings("OB_SELF_URL", "https://a.example", "OB_HTTP_PORT", "8080"))
                        .httpPort())
                .isEqualTo(8_080);
    }

    @Test
    void aPortThatIsNoneIsRefused() {
        refused("65535", "OB_SELF_URL", "http://127.0.0.1:65536");
        refused(
                "OB_PEERS http://127.0.0.1:65540",
                "OB_SELF_URL",
                "http://127.0.0.1:65530",
                "OB_PEERS",
                "http://127.0.0.1:65540",
                "OB_CLUSTER_SECRET",
                SECRET);
    }

    @Test
    void loopbackSelfWithForeignPeersIsRefused() {
        refused(
                "loopback",
                "OB_SELF_URL",
                "http://localhost:11337",
                "OB_PEERS",
                "http://b.example:11337",
                "OB_CLUSTER_SECRET",
                SECRET);
    }

    @Test
    void loopbackSelfWithLoopbackPeersIsFine() {
        assertThat(NodeConfig.from(settings(
                                "OB_SELF_URL", "http://127.0.0.1:11337",
                                "OB_PEERS", "http://127.0.0.1:11347",
                                "OB_CLUSTER_SECRET", SECRET))
                        .peers())
                .hasSize(1);
    }

    @Test
    void peersWithoutASecretAreRefused() {
        refused("OB_CLUSTER_SECRET is missing", "OB_SELF_URL", "http://a:1", "OB_PEERS", "http://b:1");
    }

    @ParameterizedTest
    @CsvSource({
        "OB_SELF_URL, ftp://a:1, must look like",
        "OB_SELF_URL, nonsense, must look like",
        "OB_SELF_URL, http://user@a:1, must look like",
        "OB_GOSSIP_PORT, 70000, 1 to 65535",
        "OB_GOSSIP_PORT, zero, not a port number",
        "OB_GOSSIP_PORT, 11337, must all differ",
        "OB_NODE_ID, a b, letters",
        "OB_REJOIN, yes, new-generation",
        "OB_SELFURL, http://a:1, not a setting",
    })
    void anUnusableSettingIsNamedWithWhatToDo(final String name, final String value, final String expected) {
        assertThatThrownBy(() -> NodeConfig.from(Map.of(name, value)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(expected)
                .hasMessageContaining(name);
    }

    @Test
    void aUrlThatCannotBeUsedIsRefused() {
        refused("1 to 65535", "OB_SELF_URL", "http://a.example:0");
        refused("1 to 65535", "OB_SELF_URL", "http://a.example:70000");
        refused("'?'", "OB_SELF_URL", "http://a.example:11337?x=1");
        refused("1 to 65535", "OB_PEERS", "http://b.example:0", "OB_CLUSTER_SECRET", SECRET);
        assertThatThrownBy(() -> NodeConfig.from(Map.of("OB_SELF_URL", "http://me:pass-word@a.example:1")))
                .isInstanceOf(ConfigException.class)
                .hasMessageNotContaining("pass-word");
        refused("256", "OB_REGION", "r".repeat(257));
        refused("256", "OB_AZ", "r".repeat(257));
    }

    @Test
    void anIpv6NodeListensAtAllAddressesOfBothFamilies() {
        final NodeConfig config = NodeConfig.from(Map.of("OB_SELF_URL", "http://[2001:db8::1]:11337"));
        assertThat(config.host()).isEqualTo("[2001:db8::1]");
        assertThat(config.bindHost()).isEqualTo("::");
        assertThat(NodeConfig.from(Map.of("OB_SELF_URL", "http://[::1]:11337")).bindHost())
                .isEqualTo("[::1]");
    }

    @Test
    void aNodeWhoseNameIsTooLongToBeToldToOthersIsRefused() {
        RegistryNode.refuseTooLong(
                node("n".repeat(100), "http://a:1"), NodeConfig.from(Map.of("OB_SELF_URL", "http://a:1")));
        final String host = "a".repeat(60) + "." + "b".repeat(60) + "." + "c".repeat(60) + ".example";
        final String url = "http://" + host + ":11337";
        final NodeConfig config = NodeConfig.from(Map.of("OB_SELF_URL", url));
        assertThatThrownBy(() -> RegistryNode.refuseTooLong(node("node-1", url), config))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("OB_SELF_URL");
    }

    private static NodeRecord node(final String id, final String url) {
        return new NodeRecord(id, new Origin(1), new Generation(1), url, "", "", 2, 3, NodeRecord.HostFacts.UNKNOWN);
    }

    @Test
    void secretsAreMaskedWhereTheConfigurationIsShown() {
        final NodeConfig config =
                NodeConfig.from(settings("OB_CLUSTER_SECRET", SECRET, "OB_ADMIN_PASSWORD", "pass-word"));

        assertThat(config.toString()).doesNotContain(SECRET).doesNotContain("pass-word");
    }

    @Test
    void aFlagWinsOverTheEnvironmentAndSecretsAreNotTakenFromFlags() {
        assertThat(NodeMain.settings(Map.of("OB_REGION", "a", "PATH", "x"), new String[] {"--region", "b"}))
                .containsExactlyEntriesOf(Map.of("OB_REGION", "b"));
        assertThatThrownBy(() -> NodeMain.settings(Map.of(), new String[] {"--cluster-secret=x"}))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("OB_CLUSTER_SECRET");
    }

    private static void refused(final String expected, final String... settings) {
        assertThatThrownBy(() -> NodeConfig.from(settings(settings)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(expected);
    }

    private static Map<String, String> settings(final String... namesAndValues) {
        final Map<String, String> settings = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            settings.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return settings;
    }
}
