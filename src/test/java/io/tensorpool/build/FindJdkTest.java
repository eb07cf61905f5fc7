package io.tensorpool.build;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script that chooses the JDK, among folders that look like one. */
class FindJdkTest {
    private record Result(int exitCode, String output, String errors) {}

    @TempDir
    private Path temp;

    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void setUp() throws IOException {
        environment.put("PATH", jdkOnPath("17.0.15") + ":/usr/bin:/bin");
        environment.put("TENSORPOOL_JDK_FOLDERS", temp + "/none/*:" + temp + "/usual folder/*");
    }

    @Test
    void shouldTakeTheHighestVersionInUsualFolders() throws Exception {
        jdk("usual folder/a", "25.0.9");
        final Path highest = jdk("usual folder/b", "25.0.10");
        jdk("usual folder/c", "22");

        assertThat(find()).isEqualTo(new Result(0, highest.toString(), ""));
    }

    @Test
    void shouldTakeJavaHomeThoughAHigherVersionExists() throws Exception {
        jdk("usual folder/a", "26");
        final Path javaHome = jdk("home", "22.0.1");
        environment.put("JAVA_HOME", javaHome.toString());

        assertThat(find().output()).isEqualTo(javaHome.toString());
    }

    @Test
    void shouldPassOverJavaHomeThatIsTooOld() throws Exception {
        final Path newer = jdk("usual folder/a", "23.0.2");
        environment.put("JAVA_HOME", jdk("home", "21.0.9").toString());

        assertThat(find().output()).isEqualTo(newer.toString());
    }

    @Test
    void shouldTakeNumberedVariableAndJavaOnPath() throws Exception {
        final Path numbered = jdk("numbered", "24");
        environment.put("JAVA24_HOME", numbered.toString());
        assertThat(find().output()).isEqualTo(numbered.toString());

        environment.put("PATH", jdkOnPath("25") + ":/usr/bin:/bin");
        assertThat(find().output()).isEqualTo(temp.resolve("path-25").toString());
    }

    @Test
    void shouldSayWhatWasFoundAndWhereItLooked() throws Exception {
        final Path old = jdk("usual folder/old", "1.8.0_292");
        final Path runtimeOnly = jdk("usual folder/runtime", "25");
        Files.delete(runtimeOnly.resolve("bin/javac"));

        final Result result = find();

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.output()).isEmpty();
        assertThat(result.errors())
                .startsWith("TensorPool needs a JDK 22 or newer; found: " + temp + "/path-17.0.15 (17.0.15), ")
                .contains(old + " (8.0_292), " + runtimeOnly + " (25, without javac); looked in: JAVA_HOME, ")
                .contains("java on PATH (" + temp + "/path-17.0.15/bin/java), ")
                .contains(temp + "/none/*, " + temp + "/usual folder/*");
    }

    private Path jdk(final String name, final String version) throws IOException {
        final Path home = temp.resolve(name);
        Files.createDirectories(home.resolve("bin"));
        for (final String tool : new String[] {"java", "javac"}) {
            final Path file = Files.writeString(home.resolve("bin").resolve(tool), "#!/bin/sh\nexit 1\n");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Files.writeString(
                home.resolve("release"),
                "JAVA_RUNTIME_VERSION=\"99\"\nJAVA_VERSION=\"" + version + "\"\nJAVA_VERSION_DATE=\"2099-01-01\"\n");
        return home;
    }

    private String jdkOnPath(final String version) throws IOException {
        return jdk("path-" + version, version).resolve("bin").toString();
    }

    private Result find() throws IOException, InterruptedException {
        final Path errors = temp.resolve("errors");
        final ProcessBuilder builder =
                new ProcessBuilder(Path.of("scripts/find-jdk").toAbsolutePath().toString());
        builder.environment().clear();
        builder.environment().putAll(environment);
        final Process process = builder.redirectError(errors.toFile()).start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output.strip(), Files.readString(errors));
    }
}
