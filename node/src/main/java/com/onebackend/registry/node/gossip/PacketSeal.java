package com.onebackend.registry.node.gossip;

import com.onebackend.registry.model.Invariants;
import com.onebackend.registry.wire.WireLimits;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals datagrams so that only nodes of this cluster can make, read, and not even repeat them: AES-256-GCM under a key
 * derived for each sending process, its counter as nonce, the header as additional data.
 *
 * <pre>
 * magic u16 | version u8 | 0 u8 | cluster hash u64 | boot id u64 | counter u64 | ciphertext | tag 16 bytes
 * </pre>
 *
 * <p><i>Thread:</i> any; sealing and opening do not wait for each other. <i>Invariants:</i> a nonce is never used
 * twice, because the boot id, and with it the key, is drawn anew for each object and the counter only grows. What was
 * sent before this process started can be repeated to it, once; generations and incarnations make it stale.
 */
final class PacketSeal {
    static final int HEADER_BYTES = 28;
    static final int TAG_BYTES = 16;
    static final int OVERHEAD_BYTES = HEADER_BYTES + TAG_BYTES;

    /** The largest plaintext. */
    static final int PLAINTEXT_BYTES_MAX = WireLimits.DATAGRAM_MESSAGE_BYTES_MAX;

    /** Sending processes whose windows are remembered; the one longest silent is forgotten first. */
    static final int SENDERS_MAX = 4_096;

    private static final short MAGIC = 0x4F42;
    private static final byte VERSION = 1;
    private static final int NONCE_BYTES = 12;
    private static final int KEY_BYTES = 32;

    private final Hkdf keys;
    private final long bootId;
    private final long clusterHash;
    private final TransportCounters counters;

    private final Cipher sealer = cipher();
    private final Object sealing = new Object();
    private final SecretKeySpec ownKey;
    private long lastCounter;

    private final Cipher opener = cipher();
    private final Map<Long, Sender> senders = new Recent();

    /** A sender of its own, under a boot id drawn here so that none is used twice. */
    PacketSeal(final ClusterKeys keys, final long clusterHash, final TransportCounters counters) {
        this(keys, new SecureRandom().nextLong(), clusterHash, counters);
    }

    private PacketSeal(
            final ClusterKeys keys, final long bootId, final long clusterHash, final TransportCounters counters) {
        Invariants.check(OVERHEAD_BYTES <= WireLimits.SEAL_BYTES_MAX, "sealing adds more than the wire reserves");
        this.keys = keys.datagrams();
        this.bootId = bootId;
        this.clusterHash = clusterHash;
        this.counters = counters;
        ownKey = senderKey(bootId);
    }

    /** The datagram that carries {@code plaintext}, at most {@link #PLAINTEXT_BYTES_MAX} bytes. */
    byte[] seal(final byte[] plaintext) {
        Invariants.check(plaintext.length <= PLAINTEXT_BYTES_MAX, "datagram payload is too large");
        final ByteBuffer packet = ByteBuffer.allocate(OVERHEAD_BYTES + plaintext.length);
        synchronized (sealing) {
            final long counter = ++lastCounter;
            packet.putShort(MAGIC).put(VERSION).put((byte) 0);
            packet.putLong(clusterHash).putLong(bootId).putLong(counter);
            try {
                sealer.init(Cipher.ENCRYPT_MODE, ownKey, nonce(counter));
                sealer.updateAAD(packet.array(), 0, HEADER_BYTES);
                sealer.doFinal(plaintext, 0, plaintext.length, packet.array(), HEADER_BYTES);
            } catch (final GeneralSecurityException e) {
                throw new IllegalStateException("datagram could not be sealed", e);
            }
        }
        return packet.array();
    }

    /**
     * What a peer sealed, or null when the datagram is refused, which is counted by reason.
     *
     * @param who where it came from, for the log only
     */
    byte[] open(final byte[] packet, final Object who) {
        if (packet.length < OVERHEAD_BYTES || packet.length > WireLimits.DATAGRAM_BYTES_MAX) {
            counters.add(TransportEvent.DATAGRAM_MALFORMED);
            return null;
        }
        final ByteBuffer header = ByteBuffer.wrap(packet);
        if (header.getShort() != MAGIC || header.get() != VERSION || header.get() != 0) {
            counters.add(TransportEvent.DATAGRAM_MALFORMED);
            return null;
        }
        final boolean isOurCluster = header.getLong() == clusterHash;
        final long sender = header.getLong();
        final long counter = header.getLong();
        if (!isOurCluster) {
            counters.add(TransportEvent.DATAGRAM_WRONG_CLUSTER, who, "");
            return null;
        }
        synchronized (senders) {
            return open(packet, sender, counter, who);
        }
    }

    private byte[] open(final byte[] packet, final long senderId, final long counter, final Object who) {
        final Sender known = senders.get(senderId);
        if (counter <= 0 || (known != null && !known.window.isFresh(counter))) {
            counters.add(TransportEvent.DATAGRAM_REPLAYED, who, "");
            return null;
        }
        final Sender sender = known != null ? known : new Sender(senderKey(senderId));
        try {
            opener.init(Cipher.DECRYPT_MODE, sender.key, nonce(counter));
            opener.updateAAD(packet, 0, HEADER_BYTES);
            final byte[] plaintext = opener.doFinal(packet, HEADER_BYTES, packet.length - HEADER_BYTES);
            sender.window.mark(counter);
            // Only the authentic are remembered: a forger must not push real senders out.
            senders.putIfAbsent(senderId, sender);
            return plaintext;
        } catch (final AEADBadTagException e) {
            counters.add(TransportEvent.DATAGRAM_FORGED, who, "");
            return null;
        } catch (final GeneralSecurityException e) {
            throw new IllegalStateException("datagram could not be opened", e);
        }
    }

    private SecretKeySpec senderKey(final long id) {
        final byte[] label = ByteBuffer.allocate(Long.BYTES).putLong(id).array();
        return new SecretKeySpec(keys.expand(label, KEY_BYTES), "AES");
    }

    private static GCMParameterSpec nonce(final long counter) {
        final byte[] nonce =
                ByteBuffer.allocate(NONCE_BYTES).putInt(0).putLong(counter).array();
        return new GCMParameterSpec(TAG_BYTES * Byte.SIZE, nonce);
    }

    private static Cipher cipher() {
        try {
            return Cipher.getInstance("AES/GCM/NoPadding");
        } catch (final GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no AES-256-GCM", e);
        }
    }

    /** One sending process. */
    private static final class Sender {
        private final SecretKeySpec key;
        private final ReplayWindow window = new ReplayWindow();

        private Sender(final SecretKeySpec key) {
            this.key = key;
        }
    }

    /** Forgets the sender longest silent. */
    private static final class Recent extends LinkedHashMap<Long, Sender> {
        private static final long serialVersionUID = 1L;

        private Recent() {
            super(16, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(final Map.Entry<Long, Sender> eldest) {
            return size() > SENDERS_MAX;
        }
    }
}
