package com.onebackend.registry.node;

import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.gateway.auth.Passwords;
import com.onebackend.registry.gateway.auth.Tokens;
import com.onebackend.registry.model.Account;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.model.SigningKey;
import com.onebackend.registry.node.catalog.CatalogCommand;
import com.onebackend.registry.node.catalog.CatalogResult;
import com.onebackend.registry.node.catalog.CatalogService;
import com.onebackend.registry.node.gossip.ClusterKeys;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts into the catalog what this node owes it: in a new cluster the admin account and the key that signs tokens, at
 * every
 * start this node's own record. Tries until the majority takes it.
 *
 * <p><i>Thread:</i> its own, given by the caller; ends when done, or when interrupted.
 */
final class Enrolment {
    /** The account that may do everything. */
    static final String ADMIN_SLUG = "1backend";

    private static final Logger LOG = LoggerFactory.getLogger(Enrolment.class);
    private static final long ANSWER_SECONDS_MAX = 10;
    private static final long PAUSE_MILLIS = 500;

    private final CatalogService catalog;
    private final ClusterKeys keys;
    private final NodeRecord self;
    private final FormerAddress formerAddress;
    private final String adminPassword;
    private final Path folder;

    Enrolment(
            final CatalogService catalog,
            final ClusterKeys keys,
            final NodeRecord self,
            final FormerAddress formerAddress,
            final String adminPassword,
            final Path folder) {
        this.catalog = catalog;
        this.keys = keys;
        this.self = self;
        this.formerAddress = formerAddress;
        this.adminPassword = adminPassword;
        this.folder = folder;
    }

    /** Returns when the catalog has all of it: an empty text; else why it never takes this process. */
    String run() throws InterruptedException {
        String lastProblem = "";
        while (true) {
            try {
                await(catalog.awaitLinearizable());
                ensureSigningKey();
                ensureAdmin();
                // The record leads the others here: it must not lead them away from a process that has this id and
                // lives.
                final String namesake = formerAddress.refusal(catalog.node(self.id()));
                if (!namesake.isEmpty()) {
                    return namesake;
                }
                final CatalogResult saved =
                        await(catalog.write(new CatalogCommand.SaveNode(NodeApi.proposal(self.id()), self)));
                return saved.isOk()
                        ? ""
                        : Startup.asNewNode("the catalog does not take this node: " + saved.message(), folder);
            } catch (final RegistryException | TimeoutException e) {
                if (!String.valueOf(e.getMessage()).equals(lastProblem)) {
                    lastProblem = String.valueOf(e.getMessage());
                    LOG.info("enrolment waits: {}", lastProblem);
                }
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
    }

    private void ensureSigningKey() throws InterruptedException, TimeoutException {
        if (catalog.signingKeys().isEmpty()) {
            final Tokens.NewKey made = Tokens.generateKeyPair();
            final SigningKey sealed = new SigningKey(made.id(), made.publicKey(), keys.seal(made.privateKey()));
            await(catalog.write(new CatalogCommand.SaveSigningKey(NodeApi.proposal(self.id()), sealed, true)));
        }
    }

    private void ensureAdmin() throws InterruptedException, TimeoutException {
        if (catalog.account(ADMIN_SLUG) != null) {
            return;
        }
        String password = adminPassword;
        if (password.isEmpty()) {
            final Path file = folder.resolve("admin-password");
            password = SecretFile.readOrMake(file);
            LOG.info("OB_ADMIN_PASSWORD is not set: the password of account {} is in {}", ADMIN_SLUG, file);
        }
        final Account admin = new Account(
                "usr_" + ADMIN_SLUG, ADMIN_SLUG, "Admin", Passwords.hash(password), List.of(Account.ADMIN_ROLE));
        await(catalog.write(new CatalogCommand.SaveAccount(NodeApi.proposal(self.id()), admin, true)));
    }

    private static <T> T await(final CompletableFuture<T> future) throws InterruptedException, TimeoutException {
        try {
            return future.get(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (final ExecutionException e) {
            if (e.getCause() instanceof RegistryException refusal) {
                throw refusal;
            }
            throw new IllegalStateException("the catalog failed unexpectedly", e.getCause());
        }
    }
}
