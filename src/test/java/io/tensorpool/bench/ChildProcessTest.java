package io.tensorpool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.TensorPoolException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** With shells in place of roles: what a process does to its parent needs processes. */
@Timeout(60)
class ChildProcessTest {
    private static final long LONG_MS = 30_000;

    private static ChildProcess shell(final String script) {
        return ChildProcess.start("c producer", List.of("sh", "-c", script));
    }

    @Test
    void shouldFindALineAmongOthers() throws InterruptedException {
        try (ChildProcess child = shell("echo hello; echo READYING; echo 'READY  a b '; read end")) {
            assertThat(child.awaitLine("READY", LONG_MS, () -> false)).isEqualTo("a b");
        }
    }

    @Test
    void shouldSayLinesAndEndByItsInput() throws InterruptedException {
        try (ChildProcess child = shell("while read line; do echo \"heard $line\"; done; echo bye")) {
            child.say("one");
            assertThat(child.awaitLine("heard", LONG_MS, () -> false)).isEqualTo("one");
            child.endInput();
            assertThat(child.awaitLine("bye", LONG_MS, () -> false)).isEmpty();
            child.end();
        }
    }

    @Test
    void shouldNameTheProcessThatDied() {
        try (ChildProcess child = shell("echo hello; exit 3")) {
            for (int i = 0; i < 2; i++) { // and again
                assertThatThrownBy(() -> child.awaitLine("READY", LONG_MS, () -> false))
                        .isInstanceOf(TensorPoolException.class)
                        .hasMessage("the c producer ended before its work was done, with exit code 3");
            }
        }
    }

    @Test
    void shouldNameTheProcessThatEndsWithAnExitCode() {
        try (ChildProcess child = shell("read end; exit 7")) {
            assertThatThrownBy(child::end)
                    .isInstanceOf(TensorPoolException.class)
                    .hasMessage("the c producer ended with exit code 7");
        }
    }

    @Test
    void shouldNameTheProcessThatSaysNothing() {
        try (ChildProcess child = shell("read end")) {
            assertThatThrownBy(() -> child.awaitLine("READY", 50, () -> false))
                    .isInstanceOf(TensorPoolException.class)
                    .hasMessage("the c producer did not say READY within 50 ms");
        }
    }

    @Test
    void shouldStopWaitingWhenTold() {
        try (ChildProcess child = shell("read end")) {
            assertThatThrownBy(() -> child.awaitLine("READY", LONG_MS, () -> true))
                    .isInstanceOf(TensorPoolException.class)
                    .hasMessage("stopped before the end");
        }
    }

    @Test
    void shouldRefuseAnEndlessLine() {
        try (ChildProcess child = shell("exec cat /dev/zero")) {
            assertThatThrownBy(() -> child.awaitLine("READY", LONG_MS, () -> false))
                    .isInstanceOf(TensorPoolException.class)
                    .hasMessageStartingWith("the output of the c producer cannot be read: a line of more than ");
        }
    }

    @Test
    void shouldEndAProcessThatWritesMoreThanAnybodyReads() throws InterruptedException {
        try (ChildProcess child = shell("yes & pid=$!; read end; kill $pid; exit 0")) {
            child.awaitLine("y", LONG_MS, () -> false);
            child.end();
        }
    }

    @Test
    void shouldNameTheProgramThatIsNotThere() {
        assertThatThrownBy(() -> ChildProcess.start("c producer", List.of("/nowhere/at/all")))
                .isInstanceOf(TensorPoolException.class)
                .hasMessageContaining("cannot start the c producer: ")
                .hasMessageContaining("/nowhere/at/all");
    }
}
