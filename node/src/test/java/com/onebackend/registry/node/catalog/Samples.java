package com.onebackend.registry.node.catalog;

import com.onebackend.registry.model.Account;
import com.onebackend.registry.model.Definition;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.SigningKey;
import com.onebackend.registry.node.catalog.CatalogCommand.Proposal;
import com.onebackend.registry.node.catalog.CatalogCommand.SaveDefinition;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;

/** Records and commands for tests. */
final class Samples {
    private Samples() {}

    static Proposal proposal() {
        return new Proposal(UUID.randomUUID(), 1_700_000_000_000L, "alice");
    }

    static Definition definition(final String id) {
        return new Definition(
                id,
                new Definition.Image("image/" + id, List.of(80)),
                List.of(),
                List.of(),
                null,
                List.of(),
                List.of(),
                0,
                "",
                0);
    }

    static SaveDefinition save(final String id) {
        return new SaveDefinition(proposal(), definition(id), OptionalLong.empty());
    }

    static NodeRecord node(final String id, final long generation) {
        return node(id, generation, 7);
    }

    static NodeRecord node(final String id, final long generation, final long origin) {
        return new NodeRecord(
                id,
                new Origin(origin),
                new Generation(generation),
                "http://" + id + ":58231",
                "eu",
                "eu-1",
                58232,
                58233,
                NodeRecord.HostFacts.UNKNOWN);
    }

    static Account account(final String slug) {
        return new Account("usr_" + slug, slug, slug, "hash", List.of());
    }

    static SigningKey key(final String id) {
        return new SigningKey(id, new byte[] {1}, new byte[] {2});
    }
}
