import com.google.common.util.concurrent.Futures;
import com.google.firebase.rules.lang.CompileResult;
import com.google.firebase.rules.lang.FirebaseRulesProtoCompiler;
import com.google.firebase.rules.lang.common.FirebaseRulesLangOptions;
import com.google.firebase.rules.runtime.evaluators.AuthRuleEvaluator.RuleContext;
import com.google.firebase.rules.runtime.impl.DefaultEvaluator;
import com.google.firebase.rules.runtime.v1.ExpressionValue;
import com.google.firebase.rules.v1.File;
import com.google.firebase.rules.v1.Issue;
import com.google.firebase.rules.v1.Source;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.util.JsonFormat;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The Storage emulator's rules runtime, for machines that cannot download Google's.
 *
 * <p>firebase-tools starts it, writes one JSON request per line to it, and reads one JSON answer per
 * line (its lib/emulator/storage/rules/runtime.js is the other side). The rules are compiled and
 * evaluated by Google's own engine, which is part of the Firestore emulator of the Google Cloud SDK.
 *
 * <p>Not covered: firestore.get() and firestore.exists() inside storage.rules; they deny.
 */
public final class StorageRulesRuntime {
  private static final Pattern RULES_VERSION_2 = Pattern.compile("rules_version\\s*=\\s*['\"]2['\"]");

  private final Map<String, DefaultEvaluator> rulesets = new HashMap<>();

  public static void main(String[] arguments) throws IOException {
    PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err); // nothing else may write between the answers
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    StorageRulesRuntime runtime = new StorageRulesRuntime();
    answers.println("{\"id\":-1,\"status\":\"ok\"}"); // what firebase-tools waits for
    for (String line; (line = requests.readLine()) != null; ) {
      if (!line.isBlank()) {
        answers.println(runtime.answer(JsonParser.parseString(line).getAsJsonObject()));
      }
    }
  }

  /** Whatever goes wrong is an error in the answer, and a denial; the runtime lives on. */
  private JsonObject answer(JsonObject request) {
    Answer answer = new Answer(request.get("id"));
    try {
      JsonObject context = request.getAsJsonObject("context");
      String action = request.get("action").getAsString();
      switch (action) {
        case "load_ruleset" -> load(context, answer);
        case "verify" -> answer.result.addProperty("permit", permits(context));
        default -> answer.errors.add("unsupported action " + action);
      }
    } catch (Exception error) {
      answer.result.addProperty("permit", false);
      answer.errors.add(String.valueOf(error));
    }
    return answer.json;
  }

  private void load(JsonObject context, Answer answer) {
    Source.Builder source = Source.newBuilder();
    for (JsonElement element : context.getAsJsonObject("source").getAsJsonArray("files")) {
      JsonObject file = element.getAsJsonObject();
      source.addFiles(
          File.newBuilder()
              .setName(file.get("name").getAsString())
              .setContent(file.get("content").getAsString()));
    }
    CompileResult compiled =
        FirebaseRulesProtoCompiler.createStandalone(
                FirebaseRulesLangOptions.builder().allowTernaryOperator(true).build())
            .compile(source);
    for (Issue issue : compiled.getIssues()) {
      boolean isError = issue.getSeverity() == Issue.Severity.ERROR;
      (isError ? answer.errors : answer.warnings).add(describe(issue));
    }
    if (!compiled.hasCompilationError()) {
      String name = context.get("rulesetName").getAsString();
      rulesets.put(name, new DefaultEvaluator(compiled.getRulesetAst()));
      boolean isVersion2 = RULES_VERSION_2.matcher(source.getFiles(0).getContent()).find();
      answer.result.addProperty("rulesVersion", isVersion2 ? 2 : 1);
    }
  }

  private static String describe(Issue issue) {
    return String.format(
        "%s (%s:%d:%d)",
        issue.getDescription(),
        issue.getSourcePosition().getFileName(),
        issue.getSourcePosition().getLine(),
        issue.getSourcePosition().getColumn());
  }

  private boolean permits(JsonObject context) throws IOException {
    RuleContext.Builder rule =
        RuleContext.builder()
            .service(context.get("service").getAsString())
            .method(context.get("method").getAsString())
            .path(context.get("path").getAsString());
    for (Map.Entry<String, JsonElement> entry :
        context.getAsJsonObject("variables").entrySet()) {
      ExpressionValue.Builder value = ExpressionValue.newBuilder();
      JsonFormat.parser().merge(entry.getValue().toString(), value);
      rule.supplyVariable(entry.getKey(), value.build());
    }
    DefaultEvaluator evaluator = rulesets.get(context.get("rulesetName").getAsString());
    return Futures.getUnchecked(evaluator.evaluate(rule.build())).permit();
  }

  /** One answer, as firebase-tools reads it. */
  private static final class Answer {
    final JsonObject json = new JsonObject();
    final JsonObject result = new JsonObject();
    final JsonArray errors = new JsonArray();
    final JsonArray warnings = new JsonArray();

    Answer(JsonElement id) {
      json.add("id", id);
      json.addProperty("status", "ok");
      json.add("result", result);
      json.add("errors", errors);
      json.add("warnings", warnings);
    }
  }
}
