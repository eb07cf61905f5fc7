package io.tensorpool.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.support.Await;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.Agent;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a conductor whose duty cycle throws, in a thread of its own and in the application's. */
class AgentHostTest {
    private final List<Throwable> errors = new CopyOnWriteArrayList<>();
    private final AtomicInteger cycles = new AtomicInteger();
    private final AtomicInteger closings = new AtomicInteger();

    private static final class Settings extends ServiceContext<Settings> {}

    private AgentHost start(final boolean useInvoker, final Throwable inSecondCycle) {
        final Agent agent = new Agent() {
            @Override
            public int doWork() {
                if (cycles.incrementAndGet() == 2) {
                    AgentHostTest.<RuntimeException>sneak(inSecondCycle);
                }
                return 0;
            }

            @Override
            public void onClose() {
                closings.incrementAndGet();
            }

            @Override
            public String roleName() {
                return "test";
            }
        };
        return AgentHost.start(agent, new Settings().useAgentInvoker(useInvoker).errorHandler(errors::add));
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void sneak(final Throwable error) throws E {
        throw (E) error;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldGoOnAfterTheFaultOfATruncatedFile(final boolean useInvoker) {
        final InternalError fault = new InternalError("a fault occurred in an unsafe memory access operation");
        try (AgentHost host = start(useInvoker, fault)) {
            Await.until("it goes on", host::doWork, () -> cycles.get() > 5);
            assertThat(errors).containsExactly(fault);
            assertThat(closings).hasValue(0);
        }
        assertThat(closings).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldGoOnAfterAnException(final boolean useInvoker) {
        final IllegalStateException failure = new IllegalStateException("once");
        try (AgentHost host = start(useInvoker, failure)) {
            Await.until("it goes on", host::doWork, () -> cycles.get() > 5);
            assertThat(errors).containsExactly(failure);
        }
        assertThat(closings).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldCloseTheConductorBeforeItEndsWithAnError(final boolean useInvoker) {
        final StackOverflowError error = new StackOverflowError();
        try (AgentHost host = start(useInvoker, error)) {
            Await.until("it was closed", host::doWork, () -> closings.get() == 1);
            assertThat(errors)
                    .singleElement()
                    .satisfies(told -> assertThat(told).hasCause(error));
        }
        assertThat(closings).hasValue(1);
        assertThat(cycles).hasValue(2);
    }

    /** As from a listener that the conductor calls: it cannot wait for its own end. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldEndAfterTheDutyCycleThatClosesIt(final boolean useInvoker) {
        final AgentHost[] host = new AgentHost[1];
        final Agent agent = new Agent() {
            @Override
            public int doWork() {
                final AgentHost own = host[0];
                if (own != null) {
                    own.close();
                    assertThat(closings).hasValue(0);
                    cycles.incrementAndGet();
                }
                return 0;
            }

            @Override
            public void onClose() {
                closings.incrementAndGet();
            }

            @Override
            public String roleName() {
                return "test";
            }
        };
        host[0] = AgentHost.start(
                agent, new Settings().useAgentInvoker(useInvoker).errorHandler(errors::add));

        Await.until("it has ended", host[0]::doWork, () -> closings.get() == 1);

        host[0].close();
        assertThat(host[0].doWork()).isZero();
        assertThat(cycles).hasValue(1);
        assertThat(closings).hasValue(1);
        assertThat(errors).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldGoOnWhenAnInterruptedThreadDrivesOrClosesIt(final boolean useInvoker) {
        try (AgentHost host = start(useInvoker, new IllegalStateException("once"))) {
            Thread.currentThread().interrupt();
            host.doWork();
            assertThat(Thread.interrupted()).isTrue();
            final int before = cycles.get();

            Await.until("it goes on", host::doWork, () -> cycles.get() > before + 3);
            Thread.currentThread().interrupt();
        }
        assertThat(Thread.interrupted()).isTrue();
        assertThat(closings).hasValue(1);
    }

    /** As from a listener that is told of the end: the thread that closes would wait for itself. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldNotWaitForItselfWhenItIsClosedWhileItCloses(final boolean useInvoker) {
        final AgentHost[] host = new AgentHost[1];
        final AtomicInteger interrupts = new AtomicInteger();
        final Agent agent = new Agent() {
            @Override
            public int doWork() {
                final AgentHost own = host[0];
                if (own != null) {
                    own.close();
                }
                return 0;
            }

            @Override
            public void onClose() {
                host[0].close();
                interrupts.addAndGet(Thread.interrupted() ? 1 : 0);
                closings.incrementAndGet();
            }

            @Override
            public String roleName() {
                return "test";
            }
        };
        host[0] = AgentHost.start(
                agent, new Settings().useAgentInvoker(useInvoker).errorHandler(errors::add));

        Await.until("it has ended", host[0]::doWork, () -> closings.get() == 1);

        assertThat(interrupts).hasValue(0);
        assertThat(errors).isEmpty();
    }
}
