package com.onebackend.registry.node.gossip;

import com.onebackend.registry.fuzz.SeedCorpus;
import org.junit.jupiter.api.Test;

/** Fuzzing starts from valid inputs of every kind, which are kept with the tests. */
class TransportCorpusTest {
    private static final SeedCorpus INPUTS = SeedCorpus.of(TransportFuzzTest.class);

    @Test
    void sealedDatagramIsAmongTheInputs() {
        INPUTS.requireAll("datagramOpensOrIsDropped", TransportInputs.datagrams());
    }

    @Test
    void everyKindOfHelloIsAmongTheInputs() {
        INPUTS.requireAll("helloDecodesOrIsNone", TransportInputs.hellos());
    }

    @Test
    void everyKindOfMessageOnAStreamIsAmongTheInputs() {
        INPUTS.requireAll("streamGivesFramesWithinTheirLimitsOrEnds", TransportInputs.streams());
    }
}
