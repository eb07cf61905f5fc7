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
}
