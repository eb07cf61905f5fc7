package io.tensorpool.shm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.RegionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegionUriTest {
    @Test
    void shouldReadAPath() {
        final RegionUri uri = RegionUri.parse("shm:file?path=/dev/shm/tensorpool-x/default/1/2/header.ring");
        assertThat(uri.path()).isEqualTo("/dev/shm/tensorpool-x/default/1/2/header.ring");
        assertThat(uri.requireHugepages()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"true,true", "false,false"})
    void shouldReadWhetherHugePagesAreRequired(final String text, final boolean expected) {
        final RegionUri uri = RegionUri.parse("shm:file?path=/a/b|require_hugepages=" + text);
        assertThat(uri.requireHugepages()).isEqualTo(expected);
        assertThat(uri.path()).isEqualTo("/a/b");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/a", "/a/b.c-d_e~f!", "/a=b/c&d/#%20", "/..a/b..", "/a/..."})
    void shouldAcceptEveryPathThatTheGrammarAllows(final String path) {
        assertThat(RegionUri.parse("shm:file?path=" + path).path()).isEqualTo(path);
    }

    @Test
    void shouldPrintTheCanonicalText() {
        assertThat(RegionUri.of("/a/b", true)).hasToString("shm:file?path=/a/b|require_hugepages=true");
        assertThat(RegionUri.of("/a/b", false)).hasToString("shm:file?path=/a/b");
        assertThat(RegionUri.parse("shm:file?path=/a/b|require_hugepages=false"))
                .hasToString("shm:file?path=/a/b")
                .isEqualTo(RegionUri.of("/a/b", false))
                .hasSameHashCodeAs(RegionUri.of("/a/b", false))
                .isNotEqualTo(RegionUri.of("/a/b", true));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '"',
            value = {
                "\"\"; scheme",
                "shm:; scheme",
                "file:/a; scheme",
                "shm:anon?path=/a; scheme",
                "SHM:file?path=/a; scheme",
                "shm:file:path=/a; scheme",
                "\" shm:file?path=/a\"; scheme",
                "shm:file?; unknown parameter ''",
                "shm:file?path; out of place",
                "shm:file?size=4; unknown parameter 'size'",
                "shm:file?path=; not absolute",
                "shm:file?path=a/b; not absolute",
                "shm:file?path=C:\\\\a; not absolute",
                "shm:file?path=/; part ''",
                "shm:file?path=/a/; part ''",
                "shm:file?path=/a//b; part ''",
                "shm:file?path=//a; part ''",
                "shm:file?path=/a/./b; part '.'",
                "shm:file?path=/a/../b; part '..'",
                "shm:file?path=/..; part '..'",
                "shm:file?path=/a b; U+0020",
                "shm:file?path=/a?b; U+003F",
                "shm:file?path=/ä; U+00E4",
                "shm:file?path=/a|; unknown parameter ''",
                "shm:file?path=/a|hugepages=true; unknown parameter 'hugepages'",
                "shm:file?path=/a|path=/b; out of place or repeated",
                "shm:file?require_hugepages=true|path=/a; out of place",
                "shm:file?path=/a|require_hugepages; out of place",
                "shm:file?path=/a|require_hugepages=; expected true or false",
                "shm:file?path=/a|require_hugepages=TRUE; expected true or false",
                "shm:file?path=/a|require_hugepages=1; expected true or false",
                "shm:file?path=/a|require_hugepages=true|; nothing may follow",
                "shm:file?path=/a|require_hugepages=true|require_hugepages=true; nothing may follow",
                "shm:file?path=/a|require_hugepages=true|mode=600; nothing may follow",
            })
    void shouldRefuseWhatTheGrammarDoesNotKnow(final String uri, final String cause) {
        assertThatThrownBy(() -> RegionUri.parse(uri))
                .isInstanceOf(RegionException.class)
                .hasMessageContaining(cause)
                .hasMessageContaining(uri.replaceAll("[^ -~]", "?"));
    }

    @Test
    void shouldNotPrintControlCharactersOfAPeer() {
        assertThatThrownBy(() -> RegionUri.parse("shm:file?path=/a\n2026-01-01 INFO all is well"))
                .isInstanceOf(RegionException.class)
                .hasMessageContaining("U+000A")
                .message()
                .doesNotContain("\n");
    }

    @Test
    void shouldRefuseToMakeAUriThatCannotBeRead() {
        assertThatThrownBy(() -> RegionUri.of("/a b", false)).isInstanceOf(RegionException.class);
        assertThatThrownBy(() -> RegionUri.of("a", false)).isInstanceOf(RegionException.class);
    }
}
