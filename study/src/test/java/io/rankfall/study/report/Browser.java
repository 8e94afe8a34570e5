package io.rankfall.study.report;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import org.openqa.selenium.By;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** A headless Chromium of this machine; nothing is ever downloaded to get one. */
public final class Browser implements AutoCloseable {

  public static final String NEEDED =
      "needs chromium and chromedriver on the PATH"
          + " (on Debian: apt-get install chromium chromium-driver)";

  private final ChromeDriver driver;

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  /** For tests to be skipped where there is none. */
  public static boolean isInstalled() {
    return onPath("chromium").isPresent() && onPath("chromedriver").isPresent();
  }

  public static Browser start(Path profile) {
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    logs.enable(LogType.PERFORMANCE, Level.ALL);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(onPath("chromium").orElseThrow().toFile());
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--user-data-dir=" + profile);
    options.setCapability("goog:loggingPrefs", logs);
    // Naming the driver keeps Selenium from looking for one to download.
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(onPath("chromedriver").orElseThrow().toFile())
            .usingAnyFreePort()
            .build();
    return new Browser(new ChromeDriver(service, options));
  }

  private static Optional<Path> onPath(String program) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Arrays.stream(path.split(File.pathSeparator, -1))
        .filter(directory -> !directory.isEmpty())
        .map(directory -> Path.of(directory, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  public void open(Path file) {
    driver.get(file.toUri().toString());
  }

  public void resize(int width, int height) {
    command(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    settle();
  }

  /** Makes the page believe the system prefers these colours: {@code light} or {@code dark}. */
  public void preferColours(String scheme) {
    command(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    settle();
  }

  /** The value a script body returns, which must be one. */
  public Object value(String script, Object... arguments) {
    return Objects.requireNonNull(run(script, arguments), script);
  }

  /** Runs a script body; {@code return} gives its value. */
  public @Nullable Object run(String script, Object... arguments) {
    return ((JavascriptExecutor) driver).executeScript(script, arguments);
  }

  public String text(String script, Object... arguments) {
    return String.valueOf(value(script, arguments));
  }

  public long number(String script, Object... arguments) {
    return ((Number) value(script, arguments)).longValue();
  }

  /** Rests the pointer on the middle of an element. */
  public void pointAt(String selector) {
    new Actions(driver).moveToElement(driver.findElement(By.cssSelector(selector))).perform();
    settle();
  }

  /** Gives an element the focus and presses keys, as at a keyboard. */
  public void press(String selector, CharSequence... keys) {
    driver.findElement(By.cssSelector(selector)).sendKeys(keys);
    settle();
  }

  /** Makes the page believe that its reader wants less motion. */
  public void preferLessMotion() {
    command(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-reduced-motion", "value", "reduce"))));
    settle();
  }

  /** Clicks where a chart with two category axes has the cell (x, y), counted from 0. */
  public void clickInChart(String selector, int x, int y) {
    run(
        "document.querySelector(arguments[0]).scrollIntoView({ block: 'center', behavior: 'instant' })",
        selector);
    settle();
    List<?> offset =
        (List<?>)
            value(
                "const canvas = document.querySelector(arguments[0]);"
                    + "const at = echarts.getInstanceByDom(canvas)"
                    + ".convertToPixel({ seriesIndex: 0 }, [arguments[1], arguments[2]]);"
                    + "return [at[0] - canvas.clientWidth / 2, at[1] - canvas.clientHeight / 2]"
                    + ".map(Math.round);",
                selector,
                x,
                y);
    new Actions(driver)
        .moveToElement(
            driver.findElement(By.cssSelector(selector)),
            ((Number) offset.get(0)).intValue() + 9,
            ((Number) offset.get(1)).intValue() + 9)
        .click()
        .perform();
    settle();
  }

  /** Waits until what a change of state or size set off has been drawn. */
  public void settle() {
    ((JavascriptExecutor) driver)
        .executeAsyncScript(
            "const done = arguments[arguments.length - 1];"
                + "requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50)));");
  }

  public List<String> console() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .map(LogEntry::getMessage)
        .toList();
  }

  /** Protocol events since the last call, as JSON. */
  public List<String> events() {
    return driver.manage().logs().get(LogType.PERFORMANCE).getAll().stream()
        .map(LogEntry::getMessage)
        .toList();
  }

  /** Writes a picture of the whole page. */
  public void photograph(Path png) throws IOException {
    Map<String, Object> shot =
        command("Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", true));
    Files.write(png, Base64.getDecoder().decode((String) shot.get("data")));
  }

  private Map<String, Object> command(String name, Map<String, Object> parameters) {
    return driver.executeCdpCommand(name, parameters);
  }

  @Override
  public void close() {
    driver.quit();
  }
}
