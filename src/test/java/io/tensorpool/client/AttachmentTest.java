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
    private static final int NODE_ID = 12;
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

    private final List<String> states = new ArrayList<>();
    private final AttachmentStatus status = new AttachmentStatus();
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

                    @Override
                    public void onStateChanged(final AttachmentState from) {
                        states.add(from + " to " + status.state());
                    }
                },
                status);
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
        attachment.onAttached(correlationId, 77, clock.nanoTime() + LEASE_NS, NODE_ID, regions(STREAM_ID));
    }

    private void bringTo(final String state) {
        switch (state) {
            case "CONNECTING" -> {}
            case "ATTACHING" -> tick(attachment, 0);
            case "TIMED_OUT" -> {
                tick(attachment, 0);
                tick(attachment, ATTACH_TIMEOUT_NS);
                assertThat(attachment.state()).isEqualTo(AttachmentState.BACKOFF);
            }
            case "RETRYING" -> {
                bringTo("TIMED_OUT");
                tick(attachment, BACKOFF_MIN_NS);
                assertThat(attachment.state()).isEqualTo(AttachmentState.ATTACHING);
            }
            case "ATTACHED" -> {
                tick(attachment, 0);
                grant(lastCorrelationId);
                assertThat(attachment.isAttached()).isTrue();
            }
            case "MAPPED" -> {
                bringTo("ATTACHED");
                attachment.onMapped();
            }
            case "ACTIVE" -> {
                bringTo("MAPPED");
                attachment.onActive();
            }
            case "SHUT_DOWN" -> {
                bringTo("ATTACHED");
                attachment.onDriverShutdown(clock.nanoTime());
                tick(attachment, 0);
            }
            case "REVOKED" -> {
                bringTo("ACTIVE");
                apply("revoked");
            }
            case "UNTOLD" -> {
                bringTo("ATTACHED");
                control.backPressured(true);
                apply("reattach");
                control.backPressured(false);
            }
            case "CUT_OFF" -> {
                bringTo("ACTIVE");
                attachment.onAeronLost();
            }
            case "REATTACHING" -> {
                bringTo("SHUT_DOWN");
                tick(attachment, BACKOFF_MIN_NS);
                assertThat(attachment.state()).isEqualTo(AttachmentState.ATTACHING);
            }
            case "DETACHING" -> {
                bringTo("ATTACHED");
                attachment.close(DETACH_TIMEOUT_NS);
            }
            case "ABANDONED" -> {
                bringTo("ATTACHING");
                attachment.close(DETACH_TIMEOUT_NS);
                assertThat(attachment.state()).isEqualTo(AttachmentState.DETACHING);
            }
            case "FAILED" -> {
                tick(attachment, 0);
                attachment.onRefused(lastCorrelationId, ResponseCode.REJECTED, "stream not provisioned");
                assertThat(attachment.state()).isEqualTo(AttachmentState.FAILED);
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
                attachment.onAttached(lastCorrelationId, 77, clock.nanoTime() + LEASE_NS, NODE_ID, regions(1));
            case "refused" ->
                attachment.onRefused(lastCorrelationId, ResponseCode.REJECTED, "producer already attached");
            case "id taken" ->
                attachment.onRefused(lastCorrelationId, ResponseCode.REJECTED, "client_id already attached");
            case "refused earlier" ->
                attachment.onRefused(earlierCorrelationId, ResponseCode.REJECTED, "producer already attached");
            case "protocol error" -> attachment.onProtocolError(lastCorrelationId, "leaseId is null");
            case "unsupported" ->
                attachment.onRefused(lastCorrelationId, ResponseCode.UNSUPPORTED, "schema version is newer than 1");
            case "mapped" -> attachment.onMapped();
            case "active" -> attachment.onActive();
            case "unmapped" -> attachment.onUnmapped();
            case "Aeron lost" -> attachment.onAeronLost();
            case "fail" -> attachment.fail(new TensorPoolException("its regions cannot be mapped"));
            case "abandon" -> attachment.abandon(new TensorPoolException("the given Aeron client was closed"));
            case "revoked" -> attachment.onRevoked(77, STREAM_ID, attachment.clientId(), Role.PRODUCER);
            case "other revoked" -> {
                attachment.onRevoked(78, STREAM_ID, attachment.clientId(), Role.PRODUCER);
                attachment.onRevoked(77, STREAM_ID + 1, attachment.clientId(), Role.PRODUCER);
                attachment.onRevoked(77, STREAM_ID, attachment.clientId() + 1, Role.PRODUCER);
                attachment.onRevoked(77, STREAM_ID, attachment.clientId(), Role.CONSUMER);
            }
            case "driver shutdown" -> attachment.onDriverShutdown(clock.nanoTime());
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
            CONNECTING  | tick                      | ATTACHING  | attach
            CONNECTING  | tick under back pressure  | CONNECTING |
            CONNECTING  | granted                   | CONNECTING |
            CONNECTING  | refused                   | CONNECTING |
            CONNECTING  | protocol error            | CONNECTING |
            CONNECTING  | revoked                   | CONNECTING |
            CONNECTING  | driver shutdown           | CONNECTING |
            CONNECTING  | reattach                  | CONNECTING |
            CONNECTING  | later announced           | CONNECTING |
            CONNECTING  | silence                   | CONNECTING |
            CONNECTING  | detached                  | CONNECTING |
            CONNECTING  | mapped                    | CONNECTING |
            CONNECTING  | active                    | CONNECTING |
            CONNECTING  | Aeron lost                | CONNECTING |
            CONNECTING  | abandon                   | CLOSED     |
            CONNECTING  | close                     | CLOSED     |

            TIMED_OUT   | tick                      | BACKOFF    |
            TIMED_OUT   | keepalive due             | ATTACHING  | attach
            TIMED_OUT   | granted                   | ATTACHED   | granted
            TIMED_OUT   | refused                   | BACKOFF    |
            TIMED_OUT   | protocol error            | BACKOFF    | error
            TIMED_OUT   | Aeron lost                | CONNECTING |
            TIMED_OUT   | close                     | DETACHING  |

            ATTACHING   | tick                      | ATTACHING  |
            ATTACHING   | late tick                 | BACKOFF    |
            ATTACHING   | granted                   | ATTACHED   | granted
            ATTACHING   | granted to another        | ATTACHING  |
            ATTACHING   | granted another stream    | BACKOFF    | error
            ATTACHING   | refused                   | FAILED     | failed
            ATTACHING   | unsupported               | FAILED     | failed
            ATTACHING   | id taken                  | BACKOFF    |
            ATTACHING   | protocol error            | BACKOFF    | error
            ATTACHING   | revoked                   | ATTACHING  |
            ATTACHING   | driver shutdown           | ATTACHING  |
            ATTACHING   | reattach                  | ATTACHING  |
            ATTACHING   | later announced           | ATTACHING  |
            ATTACHING   | silence                   | ATTACHING  |
            ATTACHING   | detached                  | ATTACHING  |
            ATTACHING   | mapped                    | ATTACHING  |
            ATTACHING   | unmapped                  | ATTACHING  |
            ATTACHING   | Aeron lost                | CONNECTING |
            ATTACHING   | fail                      | FAILED     | failed
            ATTACHING   | abandon                   | CLOSED     |
            ATTACHING   | close                     | DETACHING  |

            RETRYING    | granted                   | ATTACHED   | granted
            RETRYING    | granted earlier           | ATTACHED   | granted
            RETRYING    | refused earlier           | ATTACHING  |
            RETRYING    | refused                   | FAILED     | failed

            ATTACHED    | tick                      | ATTACHED   |
            ATTACHED    | keepalive due             | ATTACHED   | keepalive
            ATTACHED    | tick under back pressure  | ATTACHED   |
            ATTACHED    | late tick                 | ATTACHED   | keepalive
            ATTACHED    | very late tick            | REVOKED    | lost
            ATTACHED    | granted                   | ATTACHED   |
            ATTACHED    | refused                   | ATTACHED   |
            ATTACHED    | unsupported               | ATTACHED   |
            ATTACHED    | protocol error            | ATTACHED   |
            ATTACHED    | revoked                   | REVOKED    | lost
            ATTACHED    | other revoked             | ATTACHED   |
            ATTACHED    | driver shutdown           | SHUT_DOWN  | lost
            ATTACHED    | reattach                  | REVOKED    | lost detach
            ATTACHED    | detached                  | ATTACHED   |
            ATTACHED    | announced                 | ATTACHED   |
            ATTACHED    | earlier announced         | ATTACHED   |
            ATTACHED    | later announced           | REVOKED    | lost detach
            ATTACHED    | other announced           | ATTACHED   |
            ATTACHED    | short silence             | ATTACHED   |
            ATTACHED    | silence                   | REVOKED    | lost detach
            ATTACHED    | mapped                    | MAPPED     |
            ATTACHED    | active                    | ACTIVE     |
            ATTACHED    | unmapped                  | ATTACHED   |
            ATTACHED    | Aeron lost                | CONNECTING | lost
            ATTACHED    | fail                      | FAILED     | failed detach
            ATTACHED    | abandon                   | CLOSED     |
            ATTACHED    | close                     | DETACHING  | detach
            ATTACHED    | close under back pressure | CLOSED     |

            MAPPED      | keepalive due             | MAPPED     | keepalive
            MAPPED      | very late tick            | REVOKED    | lost
            MAPPED      | revoked                   | REVOKED    | lost
            MAPPED      | driver shutdown           | SHUT_DOWN  | lost
            MAPPED      | silence                   | REVOKED    | lost detach
            MAPPED      | active                    | ACTIVE     |
            MAPPED      | unmapped                  | ATTACHED   |
            MAPPED      | Aeron lost                | CONNECTING | lost
            MAPPED      | close                     | DETACHING  | detach

            ACTIVE      | tick                      | ACTIVE     |
            ACTIVE      | keepalive due             | ACTIVE     | keepalive
            ACTIVE      | very late tick            | REVOKED    | lost
            ACTIVE      | revoked                   | REVOKED    | lost
            ACTIVE      | other revoked             | ACTIVE     |
            ACTIVE      | driver shutdown           | SHUT_DOWN  | lost
            ACTIVE      | reattach                  | REVOKED    | lost detach
            ACTIVE      | later announced           | REVOKED    | lost detach
            ACTIVE      | silence                   | REVOKED    | lost detach
            ACTIVE      | mapped                    | MAPPED     |
            ACTIVE      | unmapped                  | ATTACHED   |
            ACTIVE      | Aeron lost                | CONNECTING | lost
            ACTIVE      | fail                      | FAILED     | failed detach
            ACTIVE      | close                     | DETACHING  | detach

            SHUT_DOWN   | tick                      | SHUT_DOWN  |
            SHUT_DOWN   | keepalive due             | ATTACHING  | attach
            SHUT_DOWN   | granted                   | SHUT_DOWN  |
            SHUT_DOWN   | mapped                    | SHUT_DOWN  |
            SHUT_DOWN   | driver shutdown           | SHUT_DOWN  |
            SHUT_DOWN   | Aeron lost                | CONNECTING |
            SHUT_DOWN   | close                     | CLOSED     |

            REVOKED     | tick                      | REVOKED    |
            REVOKED     | keepalive due             | ATTACHING  | attach
            REVOKED     | granted                   | REVOKED    |
            REVOKED     | active                    | REVOKED    |
            REVOKED     | revoked                   | REVOKED    |
            REVOKED     | close                     | CLOSED     |

            UNTOLD      | keepalive due             | ATTACHING  | detach attach
            UNTOLD      | tick under back pressure  | REVOKED    |

            CUT_OFF     | keepalive due             | ATTACHING  | detach attach
            CUT_OFF     | tick under back pressure  | CONNECTING |
            CUT_OFF     | Aeron lost                | CONNECTING |
            CUT_OFF     | close                     | CLOSED     |

            REATTACHING | granted                   | ATTACHED   | granted
            REATTACHING | refused                   | BACKOFF    |
            REATTACHING | unsupported               | FAILED     | failed
            REATTACHING | id taken                  | BACKOFF    |
            REATTACHING | protocol error            | BACKOFF    | error
            REATTACHING | late tick                 | BACKOFF    |

            DETACHING   | tick                      | DETACHING  |
            DETACHING   | late tick                 | CLOSED     |
            DETACHING   | detached                  | CLOSED     |
            DETACHING   | other detached            | DETACHING  |
            DETACHING   | granted                   | DETACHING  |
            DETACHING   | refused                   | DETACHING  |
            DETACHING   | protocol error            | DETACHING  |
            DETACHING   | revoked                   | DETACHING  |
            DETACHING   | driver shutdown           | DETACHING  |
            DETACHING   | reattach                  | DETACHING  |
            DETACHING   | later announced           | DETACHING  |
            DETACHING   | silence                   | DETACHING  |
            DETACHING   | unmapped                  | DETACHING  |
            DETACHING   | Aeron lost                | CLOSED     |
            DETACHING   | close                     | DETACHING  |

            ABANDONED   | tick                      | DETACHING  |
            ABANDONED   | late tick                 | CLOSED     |
            ABANDONED   | granted                   | DETACHING  | detach
            ABANDONED   | refused                   | CLOSED     |
            ABANDONED   | protocol error            | DETACHING  | error
            ABANDONED   | close                     | DETACHING  |

            FAILED      | late tick                 | FAILED     |
            FAILED      | granted                   | FAILED     |
            FAILED      | refused                   | FAILED     |
            FAILED      | revoked                   | FAILED     |
            FAILED      | driver shutdown           | FAILED     |
            FAILED      | Aeron lost                | FAILED     |
            FAILED      | abandon                   | FAILED     |
            FAILED      | close                     | FAILED     |

            CLOSED      | late tick                 | CLOSED     |
            CLOSED      | granted                   | CLOSED     |
            CLOSED      | refused                   | CLOSED     |
            CLOSED      | revoked                   | CLOSED     |
            CLOSED      | driver shutdown           | CLOSED     |
            CLOSED      | reattach                  | CLOSED     |
            CLOSED      | later announced           | CLOSED     |
            CLOSED      | silence                   | CLOSED     |
            CLOSED      | detached                  | CLOSED     |
            CLOSED      | mapped                    | CLOSED     |
            CLOSED      | Aeron lost                | CLOSED     |
            CLOSED      | abandon                   | CLOSED     |
            CLOSED      | close                     | CLOSED     |
            """)
    void shouldGoFromStateToState(
            final String state, final String event, final AttachmentState next, final String expectedEffects) {
        bringTo(state);

        apply(event);

        errors.forEach(error -> effects.add("error"));
        assertThat(attachment.state()).isEqualTo(next);
        assertThat(status.state()).isEqualTo(next);
        assertThat(String.join(" ", effects)).isEqualTo(expectedEffects == null ? "" : expectedEffects);
    }

    @Test
    void shouldKeepALeaseAliveThatIsShorterThanTheConfiguredInterval() {
        tick(attachment, 0);
        attachment.onAttached(lastCorrelationId, 77, clock.nanoTime() + KEEPALIVE_NS / 2, NODE_ID, regions(STREAM_ID));
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
        consumer.onAttached(lastCorrelationId, 77, clock.nanoTime() + LEASE_NS, NODE_ID, regions(STREAM_ID));

        consumer.onAnnounce(regions(STREAM_ID, EPOCH + 1));

        assertThat(consumer.isAttached()).isTrue();
    }

    @Test
    void shouldKeepALeaseWithoutExpiryForever() {
        tick(attachment, 0);
        attachment.onAttached(lastCorrelationId, 77, -1, NODE_ID, regions(STREAM_ID));
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
            assertThat(attachment.state()).as("failure %d", failures).isEqualTo(AttachmentState.BACKOFF);
            tick(attachment, delayNs - delayNs / 2 + 1);
            assertThat(attachment.state()).as("failure %d", failures).isEqualTo(AttachmentState.ATTACHING);
        }
    }

    @Test
    void shouldWaitLongerAfterEachLeaseWhoseRegionsCannotBeMapped() {
        final List<Long> waitedMs = new ArrayList<>();
        tick(attachment, 0);
        for (int i = 0; i < 4; i++) {
            grant(lastCorrelationId);
            attachment.reattach("its regions cannot be mapped");
            long ms = 0;
            while (attachment.state() != AttachmentState.ATTACHING) {
                tick(attachment, TimeUnit.MILLISECONDS.toNanos(1));
                ms++;
            }
            waitedMs.add(ms);
        }
        assertThat(waitedMs.get(3)).as("%s", waitedMs).isGreaterThan(2 * BACKOFF_MIN_NS / 1_000_000);

        grant(lastCorrelationId);
        attachment.onMapped();
        attachment.reattach("a file was truncated");
        tick(attachment, BACKOFF_MIN_NS);
        assertThat(attachment.state()).isEqualTo(AttachmentState.ATTACHING);
    }

    @Test
    void shouldGiveALeaseBackThatIsGrantedWhenItIsOver() {
        tick(attachment, 0);
        tick(attachment, ATTACH_TIMEOUT_NS);
        tick(attachment, BACKOFF_MIN_NS);
        attachment.onRefused(lastCorrelationId, ResponseCode.REJECTED, "producer already attached");
        assertThat(attachment.state()).isEqualTo(AttachmentState.FAILED);
        effects.clear();

        grant(earlierCorrelationId);
        hear();

        assertThat(attachment.state()).isEqualTo(AttachmentState.FAILED);
        assertThat(effects).containsExactly("detach");
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

        assertThat(configured.state()).isEqualTo(AttachmentState.FAILED);
        assertThat(configured.clientId()).isEqualTo(5);
    }

    /** The specification wants the attach tried again; a driver that never answers otherwise is no use. */
    @Test
    void shouldFailAfterFiveUnusableAnswersInARow() {
        bringTo("REATTACHING");
        for (int i = 0; i < 4; i++) {
            apply("protocol error");
            assertThat(status.state()).isEqualTo(AttachmentState.BACKOFF);
            tick(attachment, BACKOFF_MAX_NS);
        }

        apply("protocol error");

        assertThat(status.state()).isEqualTo(AttachmentState.FAILED);
        assertThat(status.failure()).hasMessageContaining("leaseId is null").hasMessageContaining("stream 10000");
        assertThat(effects).endsWith("failed");
    }

    @Test
    void shouldCountUnusableAnswersFromTheLastLease() {
        for (int i = 0; i < 10; i++) {
            tick(attachment, BACKOFF_MAX_NS);
            apply("protocol error");
            tick(attachment, BACKOFF_MAX_NS);
            grant(lastCorrelationId);
            apply("driver shutdown");
        }

        assertThat(status.state()).isEqualTo(AttachmentState.SHUT_DOWN);
    }

    /** What the driver before said may be heard after the next one's grant; what the next one said, before the grant is. */
    @Test
    void shouldNotLoseALeaseToTheEndOfAnEarlierDriver() {
        tick(attachment, 0);
        final long firstNs = clock.nanoTime();
        tick(attachment, ATTACH_TIMEOUT_NS);
        tick(attachment, BACKOFF_MIN_NS);
        grant(earlierCorrelationId);

        attachment.onDriverShutdown(firstNs - 1);
        assertThat(attachment.isAttached()).isTrue();
        attachment.onDriverShutdown(firstNs);
        assertThat(attachment.state()).isEqualTo(AttachmentState.SHUT_DOWN);
    }

    @Test
    void shouldShowItsLease() {
        assertThat(status.leases()).isZero();
        assertThat(status.nodeId()).isEqualTo(AttachmentStatus.NO_NODE_ID);
        tick(attachment, 0);
        assertThat(status.correlationId()).isEqualTo(lastCorrelationId);
        assertThat(status.clientId()).isEqualTo(attachment.clientId()).isNotZero();

        grant(lastCorrelationId);

        final long grantedNs = clock.nanoTime();
        assertThat(status.leases()).isEqualTo(1);
        assertThat(status.leaseId()).isEqualTo(77);
        assertThat(status.nodeId()).isEqualTo(NODE_ID);
        assertThat(status.lastKeepaliveNs()).isEqualTo(grantedNs);
        assertThat(status.leaseExpiryNs()).isEqualTo(grantedNs + LEASE_NS);
        tick(attachment, KEEPALIVE_NS);
        assertThat(status.lastKeepaliveNs()).isEqualTo(grantedNs + KEEPALIVE_NS);
        assertThat(status.leaseExpiryNs()).isEqualTo(grantedNs + KEEPALIVE_NS + LEASE_NS);
        apply("revoked");
        assertThat(states).containsExactly("CONNECTING to ATTACHING", "ATTACHING to ATTACHED", "ATTACHED to REVOKED");
        assertThat(status).hasToString("REVOKED (the driver revoked it)");
        assertThat(status.failure()).isNull();
    }
}
