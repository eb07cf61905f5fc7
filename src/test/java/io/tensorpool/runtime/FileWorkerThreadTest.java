package io.tensorpool.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.support.Await;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Slow tasks away from the conductor, their completions in it. */
class FileWorkerThreadTest {
    private final FileWorkerThread worker = new FileWorkerThread("files");
    private final List<String> done = new ArrayList<>();

    private <T> void submit(final String name, final java.util.concurrent.Callable<T> task) {
        worker.submit(
                task,
                (result, failure) -> done.add(name + " " + result + " " + failure + " "
                        + Thread.currentThread().getName()));
    }

    @Test
    void shouldRunTasksInOrderElsewhereAndCompletionsHere() {
        final String here = Thread.currentThread().getName();
        submit("first", () -> Thread.currentThread().getName());
        submit("second", () -> 2);

        Await.until("both are done", worker::drainCompletions, () -> done.size() == 2);

        assertThat(done).containsExactly("first files null " + here, "second 2 null " + here);
        worker.close();
    }

    @Test
    void shouldHandFailuresOnAndGoOn() {
        final String here = Thread.currentThread().getName();
        submit("exception", () -> {
            throw new java.io.IOException("full");
        });
        submit("fault", () -> {
            throw new InternalError("a fault");
        });
        submit("next", () -> 3);

        Await.until("all are done", worker::drainCompletions, () -> done.size() == 3);

        assertThat(done)
                .containsExactly(
                        "exception null java.io.IOException: full " + here,
                        "fault null java.lang.InternalError: a fault " + here,
                        "next 3 null " + here);
        worker.close();
    }

    @Test
    void shouldFinishWhatIsQueuedWhenClosedAndWhatItsCompletionsSubmit() {
        final CountDownLatch mayFinish = new CountDownLatch(1);
        worker.submit(
                () -> {
                    mayFinish.await();
                    return 1;
                },
                (result, failure) -> {
                    done.add("made " + result);
                    submit("released", () -> 2);
                });
        mayFinish.countDown();

        worker.close();

        assertThat(done)
                .containsExactly(
                        "made 1", "released 2 null " + Thread.currentThread().getName());
    }

    /** Whoever waits for the end of a conductor for some seconds interrupts its thread. */
    @Test
    void shouldFinishWhatIsQueuedAlsoWhenItsCloserIsInterrupted() {
        final CountDownLatch isWaitedFor = new CountDownLatch(1);
        final Thread closer = Thread.currentThread();
        submit("mapped", () -> {
            Await.until("it is waited for", () -> closer.getState() == Thread.State.TIMED_WAITING);
            closer.interrupt();
            isWaitedFor.await(100, java.util.concurrent.TimeUnit.MILLISECONDS);
            return 1;
        });

        worker.close();

        assertThat(Thread.interrupted()).as("stays interrupted").isTrue();
        assertThat(done).hasSize(1);
    }
}
