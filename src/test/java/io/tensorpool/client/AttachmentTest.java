package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.TensorPoolException;
import io.tensorpool.protocol.DriverRequestAdapter;
import io.tensorpool.protocol.DriverRequestProxy;
import io.tensorpool.support.Heard;
import io.tensorpool.support.ManualClock;
import io.tensorpool.support.MessageLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The state machine of an attachment, cell by cell, in virtual time. */
class AttachmentTest {
    private static final int STREAM_ID = 10_000;
    private static final long ATTACH_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(2);
    private static final long KEEPALIVE_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long LEASE_NS = TimeUnit.SECONDS.toNanos(3);
    private static final long BACKOFF_MIN_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long BACKOFF_MAX_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long DETACH_TIMEOUT_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long ANNOUNCE_NS = TimeUnit.MILLISECONDS.toNanos(800);
    private static final long EPOCH = -2; // unsigned

    private final ManualClock clock = new ManualClock(Long.MAX_VALUE - 1); // overflows on the way
    private final MessageLog control = new MessageLog();
    private final Heard said = new Heard();
    private final DriverRequestAdapter driver = new DriverRequestAdapter(said);
    private final List<String> effects = new ArrayList<>();
    private final List<Throwable> errors = new ArrayList<>();
    private long lastCorrelationId;
    private long earlierCorrelationId;

    private final Attachment attachment = newAttachment(0, Role.PRODUCER);

    private Attachment newAttachment(final int clientId, final Role role) {
        final ClientContext context = new ClientContext()
                .nanoClock(clock)
                .attachTimeoutNs(ATTACH_TIMEOUT_NS)
                .keepaliveIntervalNs(KEEPALIVE_NS)
                .announcePeriodNs(ANNOUNCE_NS)
                .backoffNs(BACKOFF_MIN_NS, BACKOFF_MAX_NS)
                .errorHandler(errors::add);
        return new Attachment(
                context,
                new DriverRequestProxy(control),
                new ClientIds(clientId, new Random(42)),
                STREAM_ID,
                role,
                new Attachment.Owner() {
                    @Override
                    public void onLeaseGranted(final EpochRegions regions) {
                        effects.add("granted");
                    }

                    @Override
                    public void onLeaseLost(final String cause) {
                        effects.add("lost");
                    }

                    @Override
                    public void onAttachFailed(final TensorPoolException cause) {
                        effects.add("failed");
                    }
                });
    }

    /** Advances the clock, lets the attachment work, and writes down what it said. */
    private void tick(final Attachment of, final long byNs) {
        of.doWork(clock.advance(byNs).nanoTime());
        hear();
    }

    private void hear() {
        control.poll(driver, Integer.MAX_VALUE);
        for (final String line : said.take()) {
            final String[] words = line.split(" ");
            if (words[0].equals("attach")) {
                earlierCorrelationId = lastCorrelationId;
                lastCorrelationId = Long.parseLong(words[1]);
            }
            effects.add(words[0]);
        }
    }

    private static EpochRegions regions(final int streamId) {
        return regions(streamId, EPOCH);
    }

    private static EpochRegions regions(final int streamId, final long epoch) {
        return new EpochRegions(
                streamId,
                epoch,
                1,
                8,
                "shm:file?path=/dev/shm/h",
                List.of(new PoolRegion(1, 8, 64, "shm:file?path=/dev/shm/p")));
    }

    private void grant(final long correlationId) {
        attachment.onAttached(correlationId, 77, clock.nanoTime() + LEASE_NS, regions(STREAM_ID));
    }

    private void bringTo(final String state) {
        switch (state) {
            case "IDLE" -> {}
            case "ATTACHING" -> tick(attachment, 0);
            case "TIMED_OUT" -> {
                tick(attachment, 0);
                tick(attachment, ATTACH_TIMEOUT_NS);
                assertThat(attachment.state()).isEqualTo(Attachment.State.IDLE);
            }
            case "RETRYING" -> {
                bringTo("TIMED_OUT");
                tick(attachment, BACKOFF_MIN_NS);
                assertThat(attachment.state()).isEqualTo(Attachment.State.ATTACHING);
            }
            case "ATTACHED" -> {
                tick(attachment, 0);
                grant(lastCorrelationId);
                assertThat(attachment.isAttached()).isTrue();
            }
            case "LOST" -> {
                bringTo("ATTACHED");
                attachment.onDriverShutdown();
                tick(attachment, 0);
            }
            case "REATTACHING" -> {
                bringTo("LOST");
                tick(attachment, BACKOFF_MIN_NS);
                assertThat(attachment.state()).isEqualTo(Attachment.State.ATTACHING);
            }
            case "DETACHING" -> {
                bringTo("ATTACHED");
                attachment.close(DETACH_TIMEOUT_NS);
            }
            case "ABANDONED" -> {
                bringTo("ATTACHING");
                attachment.close(DETACH_TIMEOUT_NS);
                assertThat(attachment.state()).isEqualTo(Attachment.State.DETACHING);
            }
            case "FAILED" -> {
                tick(attachment, 0);
                attachment.onRefused(lastCorrelationId, ResponseCode.REJECTED, "stream not provisioned");
                assertThat(attachment.state()).isEqualTo(Attachment.State.FAILED);
            }
            case "CLOSED" -> attachment.close(DETACH_TIMEOUT_NS);
            default -> throw new AssertionError(state);
        }
        hear();
        effects.clear();
        errors.clear();
    }

    private void apply(final String event) {
        switch (event) {
            case "tick" -> tick(attachment, 0);
            case "late tick" -> tick(attachment, Math.max(LEASE_NS, ATTACH_TIMEOUT_NS) - 1);
            case "very late tick" -> tick(attachment, LEASE_NS);
            case "keepalive due" -> tick(attachment, KEEPALIVE_NS);
            case "tick under back pressure" -> {
                control.backPressured(true);
                tick(attachment, KEEPALIVE_NS);
            }
            case "granted" -> grant(lastCorrelationId);
            case "granted earlier" -> grant(earlierCorrelationId);
            case "granted to another" -> grant(lastCorrelationId + 100);
            case "granted another stream" ->
                attachment.onAttached(lastCorrelationId, 77, clock.nanoTime() + LEASE_NS, regions(1));
            case "refused" ->
                attachment.onRefused(lastCorrelationId, ResponseCode.REJECTED, "producer already attached");
            case "id taken" ->
                attachment.onRefused(lastCorrelationId, ResponseCode.REJECTED, "client_id already attached");
            case "refused earlier" ->
                attachment.onRefused(earlierCorrelationId, ResponseCode.REJECTED, "producer already attached");
            case "protocol error" -> attachment.onProtocolError(lastCorrelationId, "leaseId is null");
            case "revoked" -> attachment.onRevoked(77, STREAM_ID, attachment.clientId(), Role.PRODUCER);
            case "other revoked" -> {
                attachment.onRevoked(78, STREAM_ID, attachment.clientId(), Role.PRODUCER);
                attachment.onRevoked(77, STREAM_ID + 1, attachment.clientId(), Role.PRODUCER);
                attachment.onRevoked(77, STREAM_ID, attachment.clientId() + 1, Role.PRODUCER);
                attachment.onRevoked(77, STREAM_ID, attachment.clientId(), Role.CONSUMER);
            }
            case "driver shutdown" -> attachment.onDriverShutdown();
            case "reattach" -> attachment.reattach("its regions cannot be mapped");
            case "announced" -> attachment.onAnnounce(regions(STREAM_ID));
            case "earlier announced" -> attachment.onAnnounce(regions(STREAM_ID, EPOCH - 1));
            case "later announced" -> attachment.onAnnounce(regions(STREAM_ID, EPOCH + 1));
            case "other announced" -> attachment.onAnnounce(regions(STREAM_ID + 1, EPOCH + 1));
            case "short silence" ->
                attachment.checkAnnounced(clock.advance(3 * ANNOUNCE_NS).nanoTime());
            case "silence" ->
                attachment.checkAnnounced(clock.advance(3 * ANNOUNCE_NS + 1).nanoTime());
            case "close" -> attachment.close(DETACH_TIMEOUT_NS);
            case "close under back pressure" -> {
                control.backPressured(true);
                attachment.close(DETACH_TIMEOUT_NS);
            }
            case "detached" -> attachment.onDetached(lastDetachCorrelationId());
            case "other detached" -> attachment.onDetached(lastDetachCorrelationId() + 1);
            default -> throw new AssertionError(event);
        }
        hear();
    }

    /** Ids are handed out one after another, and a detach request is the newest that has one. */
    private long lastDetachCorrelationId() {
        return lastCorrelationId + 1;
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
            IDLE        | tick                      | ATTACHING | attach
            IDLE        | tick under back pressure  | IDLE      |
            IDLE        | granted                   | IDLE      |
            IDLE        | refused                   | IDLE      |
            IDLE        | protocol error            | IDLE      |
            IDLE        | revoked                   | IDLE      |
            IDLE        | driver shutdown           | IDLE      |
            IDLE        | reattach                  | IDLE      |
            IDLE        | later announced           | IDLE      |
            IDLE        | silence                   | IDLE      |
            IDLE        | detached                  | IDLE      |
            IDLE        | close                     | CLOSED    |

            TIMED_OUT   | tick                      | IDLE      |
            TIMED_OUT   | keepalive due             | ATTACHING | attach
            TIMED_OUT   | granted                   | ATTACHED  | granted
            TIMED_OUT   | refused                   | IDLE      |
            TIMED_OUT   | protocol error            | IDLE      | error
            TIMED_OUT   | close                     | DETACHING |

            ATTACHING   | tick                      | ATTACHING |
            ATTACHING   | late tick                 | IDLE      |
            ATTACHING   | granted                   | ATTACHED  | granted
            ATTACHING   | granted to another        | ATTACHING |
            ATTACHING   | granted another stream    | IDLE      | error
            ATTACHING   | refused                   | FAILED    | failed
            ATTACHING   | id taken                  | IDLE      |
            ATTACHING   | protocol error            | IDLE      | error
            ATTACHING   | revoked                   | ATTACHING |
            ATTACHING   | driver shutdown           | ATTACHING |
            ATTACHING   | reattach                  | ATTACHING |
            ATTACHING   | later announced           | ATTACHING |
            ATTACHING   | silence                   | ATTACHING |
            ATTACHING   | detached                  | ATTACHING |
            ATTACHING   | close                     | DETACHING |

            RETRYING    | granted                   | ATTACHED  | granted
            RETRYING    | granted earlier           | ATTACHED  | granted
            RETRYING    | refused earlier           | ATTACHING |
            RETRYING    | refused                   | FAILED    | failed

            ATTACHED    | tick                      | ATTACHED  |
            ATTACHED    | keepalive due             | ATTACHED  | keepalive
            ATTACHED    | tick under back pressure  | ATTACHED  |
            ATTACHED    | late tick                 | ATTACHED  | keepalive
            ATTACHED    | very late tick            | IDLE      | lost
            ATTACHED    | granted                   | ATTACHED  |
            ATTACHED    | refused                   | ATTACHED  |
            ATTACHED    | protocol error            | ATTACHED  |
            ATTACHED    | revoked                   | IDLE      | lost
            ATTACHED    | other revoked             | ATTACHED  |
            ATTACHED    | driver shutdown           | IDLE      | lost
            ATTACHED    | reattach                  | IDLE      | lost detach
            ATTACHED    | detached                  | ATTACHED  |
            ATTACHED    | announced                 | ATTACHED  |
            ATTACHED    | earlier announced         | ATTACHED  |
            ATTACHED    | later announced           | IDLE      | lost detach
            ATTACHED    | other announced           | ATTACHED  |
            ATTACHED    | short silence             | ATTACHED  |
            ATTACHED    | silence                   | IDLE      | lost detach
            ATTACHED    | close                     | DETACHING | detach
            ATTACHED    | close under back pressure | CLOSED    |

            LOST        | tick                      | IDLE      |
            LOST        | keepalive due             | ATTACHING | attach
            LOST        | granted                   | IDLE      |
            LOST        | close                     | CLOSED    |

            REATTACHING | granted                   | ATTACHED  | granted
            REATTACHING | refused                   | IDLE      |
            REATTACHING | id taken                  | IDLE      |
            REATTACHING | late tick                 | IDLE      |

            DETACHING   | tick                      | DETACHING |
            DETACHING   | late tick                 | CLOSED    |
            DETACHING   | detached                  | CLOSED    |
            DETACHING   | other detached            | DETACHING |
            DETACHING   | granted                   | DETACHING |
            DETACHING   | refused                   | DETACHING |
            DETACHING   | protocol error            | DETACHING |
            DETACHING   | revoked                   | DETACHING |
            DETACHING   | driver shutdown           | DETACHING |
            DETACHING   | reattach                  | DETACHING |
            DETACHING   | later announced           | DETACHING |
            DETACHING   | silence                   | DETACHING |
            DETACHING   | close                     | DETACHING |

            ABANDONED   | tick                      | DETACHING |
            ABANDONED   | late tick                 | CLOSED    |
            ABANDONED   | granted                   | DETACHING | detach
            ABANDONED   | refused                   | CLOSED    |
            ABANDONED   | protocol error            | DETACHING | error
            ABANDONED   | close                     | DETACHING |

            FAILED      | late tick                 | FAILED    |
            FAILED      | granted                   | FAILED    |
            FAILED      | refused                   | FAILED    |
            FAILED      | revoked                   | FAILED    |
            FAILED      | driver shutdown           | FAILED    |
            FAILED      | close                     | CLOSED    |

            CLOSED      | late tick                 | CLOSED    |
            CLOSED      | granted                   | CLOSED    |
            CLOSED      | refused                   | CLOSED    |
            CLOSED      | revoked                   | CLOSED    |
            CLOSED      | driver shutdown           | CLOSED    |
            CLOSED      | reattach                  | CLOSED    |
            CLOSED      | later announced           | CLOSED    |
            CLOSED      | silence                   | CLOSED    |
            CLOSED      | detached                  | CLOSED    |
            CLOSED      | close                     | CLOSED    |
            """)
    void shouldGoFromStateToState(
            final String state, final String event, final Attachment.State next, final String expectedEffects) {
        bringTo(state);

        apply(event);

        errors.forEach(error -> effects.add("error"));
        assertThat(attachment.state()).isEqualTo(next);
        assertThat(String.join(" ", effects)).isEqualTo(expectedEffects == null ? "" : expectedEffects);
    }

    @Test
    void shouldKeepALeaseAliveThatIsShorterThanTheConfiguredInterval() {
        tick(attachment, 0);
        attachment.onAttached(lastCorrelationId, 77, clock.nanoTime() + KEEPALIVE_NS / 2, regions(STREAM_ID));
        effects.clear();

        for (int i = 0; i < 30; i++) {
            tick(attachment, KEEPALIVE_NS / 10);
        }

        assertThat(effects).hasSizeGreaterThan(10).containsOnly("keepalive");
    }

    @Test
    void shouldLoseTheLeaseWhenNoKeepaliveGetsThrough() {
        bringTo("ATTACHED");
        control.backPressured(true);

        tick(attachment, LEASE_NS - 1);
        assertThat(attachment.isAttached()).isTrue();
        tick(attachment, 1);
        assertThat(attachment.isAttached()).isFalse();
        assertThat(effects).containsExactly("lost");
    }

    @Test
    void shouldCountTheSilenceFromTheLastAnnounceOfItsStream() {
        bringTo("ATTACHED");
        for (int i = 0; i < 10; i++) {
            apply("short silence");
            apply("announced");
            assertThat(attachment.isAttached()).isTrue();
        }

        apply("short silence");
        apply("other announced");
        apply("silence");

        assertThat(attachment.isAttached()).isFalse();
    }

    /** A consumer follows the epochs of its stream; to its lease they mean nothing. */
    @Test
    void shouldKeepAConsumersLeaseWhenALaterEpochIsAnnounced() {
        final Attachment consumer = newAttachment(0, Role.CONSUMER);
        tick(consumer, 0);
        consumer.onAttached(lastCorrelationId, 77, clock.nanoTime() + LEASE_NS, regions(STREAM_ID));

        consumer.onAnnounce(regions(STREAM_ID, EPOCH + 1));

        assertThat(consumer.isAttached()).isTrue();
    }

    @Test
    void shouldKeepALeaseWithoutExpiryForever() {
        tick(attachment, 0);
        attachment.onAttached(lastCorrelationId, 77, -1, regions(STREAM_ID));
        control.backPressured(true);

        tick(attachment, TimeUnit.DAYS.toNanos(365));

        assertThat(attachment.isAttached()).isTrue();
    }

    @Test
    void shouldWaitLongerAfterEachFailureAndNeverLongerThanTheMaximum() {
        tick(attachment, 0);
        for (int failures = 0; failures < 8; failures++) {
            tick(attachment, ATTACH_TIMEOUT_NS);
            final long delayNs = Math.min(BACKOFF_MIN_NS << failures, BACKOFF_MAX_NS);
            tick(attachment, delayNs / 2 - 1);
            assertThat(attachment.state()).as("failure %d", failures).isEqualTo(Attachment.State.IDLE);
            tick(attachment, delayNs - delayNs / 2 + 1);
            assertThat(attachment.state()).as("failure %d", failures).isEqualTo(Attachment.State.ATTACHING);
        }
    }

    @Test
    void shouldTakeAnotherClientIdWhenItsOwnIsTaken() {
        tick(attachment, 0);
        final int first = attachment.clientId();

        apply("id taken");

        assertThat(attachment.clientId()).isNotEqualTo(first).isNotZero();
    }

    @Test
    void shouldFailWhenAConfiguredClientIdIsTaken() {
        final Attachment configured = newAttachment(5, Role.PRODUCER);
        tick(configured, 0);

        configured.onRefused(lastCorrelationId, ResponseCode.REJECTED, "client_id already attached");

        assertThat(configured.state()).isEqualTo(Attachment.State.FAILED);
        assertThat(configured.clientId()).isEqualTo(5);
    }
}
