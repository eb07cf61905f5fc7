package io.tensorpool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.TensorPoolException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoleOutputTest {
    private static final String ROLE = "c consumer";

    @Test
    void shouldReadFigures() {
        assertThat(RoleOutput.figures(ROLE, "received=12  gap=0 late=999999999999999999"))
                .isEqualTo(Map.of("received", 12L, "gap", 0L, "late", 999_999_999_999_999_999L));
        assertThat(RoleOutput.figures(ROLE, "")).isEmpty();
    }

    @Test
    void shouldReadLatencies() {
        assertThat(RoleOutput.latencies(ROLE, "5 0 7")).containsExactly(5L, 0L, 7L);
        assertThat(RoleOutput.latencies(ROLE, "")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "received",
                "=5",
                "received=",
                "received=-1",
                "received=1.5",
                "received=1e3",
                "received=0x10",
                "received=1000000000000000000",
                "received=٣",
                "received=1 received=1",
                "\0"
            })
    void shouldRefuseFiguresThatAreNoneAndNameTheRole(final String text) {
        assertThatThrownBy(() -> RoleOutput.figures(ROLE, text))
                .isInstanceOf(TensorPoolException.class)
                .hasMessageStartingWith("the c consumer said RESULT with '")
                .hasMessageContaining("': expected ");
    }

    @Test
    void shouldRefuseLatenciesThatAreNoneAndNameTheRole() {
        assertThatThrownBy(() -> RoleOutput.latencies(ROLE, "1 2 -3"))
                .isInstanceOf(TensorPoolException.class)
                .hasMessageStartingWith("the c consumer said LATENCIES with '-3': expected a whole number");
    }

    @Test
    void shouldShowOnlyTheBeginningOfALongWord() {
        assertThatThrownBy(() -> RoleOutput.figures(ROLE, "x".repeat(1_000_000)))
                .hasMessageContaining("xxx...")
                .message()
                .hasSizeLessThan(200);
    }

    @Test
    void shouldNameTheFigureThatIsMissing() {
        assertThatThrownBy(() -> RoleOutput.required(ROLE, Map.of("gap", 1L), "received"))
                .isInstanceOf(TensorPoolException.class)
                .hasMessage("the c consumer said RESULT without 'received', only with [gap]");
    }
}
