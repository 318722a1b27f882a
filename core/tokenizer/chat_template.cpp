#include "core/tokenizer/chat_template.h"

#include "core/tokenizer/builtin_templates.h"
#include "core/tokenizer/jinja_eval.h"

#include <algorithm>
#include <ctime>
#include <new>

namespace attune::tokenizer {

using jinja::Author;
using jinja::Kind;
using jinja::MarkedText;
using jinja::Value;

struct ChatTemplate::State {
  jinja::Program program;
  TemplateTokens tokens;
  std::string where;
};

namespace {

constexpr size_t kMaxMessages = 100'000;

/// Roles that a template may turn into special tokens ("<|user|>"); any other role is text that a row wrote.
bool isKnownRole(const std::string &role) {
  static const char *const kRoles[] = {"system",  "user",        "assistant",   "tool",  "developer", "function",
                                       "ipython", "environment", "observation", "model", "human",     "gpt"};
  return std::any_of(std::begin(kRoles), std::end(kRoles), [&](const char *known) { return role == known; });
}

/// Inside a settings file the template's own lines are not the file's.
Error failure(const std::string &where, const std::string &message, int line) {
  const std::string number = std::to_string(line);
  const bool inside = where.find('#') != std::string::npos;
  return {ErrorCode::TemplateFailed, line > 0 && inside ? "line " + number + " of the template: " + message : message,
          line > 0 && !inside ? where + ":" + number : where, "Correct the template."};
}

/// Runs `work`, turning whatever it throws into an error.
template <typename T, typename Work> Result<T> guarded(const std::string &where, Work work) {
  try {
    return work();
  } catch (const jinja::TemplateError &error) {
    return failure(where, error.what(), error.line);
  } catch (const std::bad_alloc &) {
    return failure(where, "the template needs too much memory", 0);
  } catch (const std::exception &error) {
    return failure(where, std::string("the template failed: ") + error.what(), 0);
  }
}

Value plainString(jinja::Interpreter &run, const std::string &text) { return run.makeString(MarkedText(text)); }

/// {"role", "content", then the other keys}, or as written; reasoning is found under each of its usual names.
Value messageValue(jinja::Interpreter &run, const Message &message, int32_t index) {
  const bool assistant = message.role == "assistant" || message.role == "model" || message.role == "gpt";
  const Author writer{index, false}, contentWriter{index, assistant};
  const std::string &others = message.asWritten.empty() ? message.extraJson : message.asWritten;
  Value role =
      isKnownRole(message.role) ? plainString(run, message.role) : run.makeString(MarkedText(jinja::validUtf8(message.role), writer));
  Value content = run.makeString(MarkedText(jinja::validUtf8(message.content), contentWriter));
  std::vector<std::pair<Value, Value>> entries;
  Value reasoning;
  if (message.asWritten.empty()) entries = {{plainString(run, "role"), role}, {plainString(run, "content"), content}};
  if (!others.empty()) {
    const Value parsed = jinja::fromJson(run.meter(), others, writer);
    if (!parsed.is(Kind::Dict)) throw jinja::TemplateError("the other keys of a message are no JSON object");
    const Value *given = parsed.dictionary().find(std::string_view("content"));
    if (given && given->is(Kind::None)) {
      if (!entries.empty()) entries.pop_back();
    } else if (given && !given->is(Kind::String)) { // a list of parts
      const Value again = jinja::fromJson(run.meter(), others, contentWriter);
      content = *again.dictionary().find(std::string_view("content"));
    }
    for (const char *name : {"reasoning_content", "thinking", "reasoning"}) {
      const Value *found = parsed.dictionary().find(std::string_view(name));
      if (found && !found->is(Kind::None) && reasoning.is(Kind::Undefined)) reasoning = *found;
    }
    for (const auto &[key, value] : parsed.dictionary().entries) {
      const std::string &name = key.text().text;
      if (value.is(Kind::None)) continue;
      const bool own = name == "role" || name == "content";
      entries.emplace_back(own ? plainString(run, name) : key, !own ? value : name == "role" ? role : content);
    }
  }
  if (!reasoning.is(Kind::Undefined)) { // as transformers does
    entries.emplace(entries.begin(), plainString(run, "thinking"), reasoning);
    entries.emplace_back(plainString(run, "reasoning_content"), reasoning);
  }
  return run.makeDict(std::move(entries));
}

/// One span a message: from the first to the last byte of its answer, as far as no other message stands between. The
/// template may cut an answer up (thinking, answer) and write its own marks there; they belong to the answer.
std::vector<TextSpan> answerSpans(const std::vector<jinja::Mark> &marks, std::vector<int32_t> &messages) {
  std::vector<TextSpan> spans;
  for (size_t i = 0; i < marks.size(); ++i) {
    if (!marks[i].author.answer) continue;
    const int32_t message = marks[i].author.message;
    TextSpan span{marks[i].begin, marks[i].end};
    while (i + 1 < marks.size() && marks[i + 1].author == marks[i].author) span.end = marks[++i].end;
    const bool again = !messages.empty() && messages.back() == message;
    if (again && spans.back().end - spans.back().begin < span.end - span.begin) {
      spans.back() = span;
    } else if (!again) {
      spans.push_back(span);
      messages.push_back(message);
    }
  }
  return spans;
}

RenderedChat finished(MarkedText text) {
  RenderedChat chat;
  for (const jinja::Mark &mark : text.marks) {
    if (!chat.written.empty() && chat.written.back().end == mark.begin) {
      chat.written.back().end = mark.end;
    } else {
      chat.written.push_back({mark.begin, mark.end});
    }
  }
  if (!text.generation.empty()) {
    chat.assistant = text.generation;
  } else {
    std::vector<int32_t> messages;
    chat.assistant = answerSpans(text.marks, messages);
  }
  chat.text = std::move(text.text);
  return chat;
}

} // namespace

Result<ChatTemplate> ChatTemplate::parse(const std::string &source, const TemplateTokens &tokens, const std::string &where) {
  return guarded<ChatTemplate>(where, [&]() -> Result<ChatTemplate> {
    auto state = std::make_shared<State>();
    state->program = jinja::parseProgram(jinja::validUtf8(source));
    state->tokens = tokens;
    state->where = where;
    ChatTemplate made;
    made.m_state = std::move(state);
    made.m_name = where;
    return made;
  });
}

Result<ChatTemplate> ChatTemplate::builtIn(const std::string &name, const TemplateTokens &tokens) {
  for (const BuiltInTemplate &candidate : builtInTemplates())
    if (name == candidate.name) return parse(candidate.source, tokens, name);
  return Error{ErrorCode::UnknownKey, "There is no template \"" + name + "\".", "template", ""};
}

Result<ChatTemplate> ChatTemplate::ofModel(const TokenizerBundle &bundle) {
  if (!bundle.namedTemplates.empty()) {
    std::string names;
    for (const std::string &name : bundle.namedTemplates) names += (names.empty() ? "" : ", ") + name;
    return Error{ErrorCode::TemplateFailed, "The model has several chat templates (" + names + ") and none is named default.",
                 bundle.templateFile, "Name one of them default."};
  }
  ATTUNE_TRY(ChatTemplate made, parse(bundle.chatTemplate, bundle.templateTokens, bundle.templateFile));
  made.m_name = "model";
  return made;
}

Result<RenderedChat> ChatTemplate::render(const Conversation &conversation, bool addGenerationPrompt) const {
  return render(conversation, addGenerationPrompt, std::time(nullptr));
}

Result<RenderedChat> ChatTemplate::render(const Conversation &conversation, bool addGenerationPrompt, std::time_t now) const {
  return guarded<RenderedChat>(m_state->where, [&]() -> Result<RenderedChat> {
    if (conversation.messages.size() > kMaxMessages) throw jinja::TemplateError("the conversation has too many messages");
    jinja::Interpreter run(m_state->program, now);
    for (const auto &[name, text] : m_state->tokens) run.define(name, plainString(run, text));
    std::vector<Value> messages;
    for (size_t i = 0; i < conversation.messages.size(); ++i) {
      messages.push_back(messageValue(run, conversation.messages[i], static_cast<int32_t>(i)));
    }
    run.define("messages", run.makeList(std::move(messages)));
    run.define("tools", conversation.toolsJson.empty() ? Value::none() : jinja::fromJson(run.meter(), conversation.toolsJson, Author{}));
    run.define("documents", Value::none());
    run.define("add_generation_prompt", Value::boolean(addGenerationPrompt));
    return finished(run.render());
  });
}

Result<EncodedChat> encodeChat(const Tokenizer &tokenizer, const std::vector<TokenId> &endTokens, const ChatTemplate &chatTemplate,
                               const Conversation &conversation, TrainedPart part, bool addGenerationPrompt) {
  ATTUNE_TRY(RenderedChat chat, chatTemplate.render(conversation, addGenerationPrompt));
  EncodedText encoded = tokenizer.encodeWithOffsets(chat.text, chat.written);
  EncodedChat result;
  result.text = std::move(chat.text);
  result.labels = encoded.ids;
  if (part != TrainedPart::All) {
    constexpr TokenId kIgnored = -100;
    std::fill(result.labels.begin(), result.labels.end(), kIgnored);
    auto isEnd = [&](size_t i) { return std::find(endTokens.begin(), endTokens.end(), encoded.ids[i]) != endTokens.end(); };
    size_t token = 0;
    for (size_t s = 0; s < chat.assistant.size(); ++s) {
      const TextSpan span = chat.assistant[s];
      const bool last = s + 1 == chat.assistant.size();
      const size_t limit = last ? result.text.size() : chat.assistant[s + 1].begin;
      const bool trained = part == TrainedPart::Answers || last;
      bool ended = false; // a {% generation %} region may hold its end token already
      while (token < encoded.ids.size() && encoded.offsets[token].begin < span.begin) ++token;
      for (; token < encoded.ids.size() && encoded.offsets[token].begin < limit; ++token) {
        const bool inside = encoded.offsets[token].begin < span.end;
        if (!inside && (ended || !isEnd(token))) continue;
        if (trained) result.labels[token] = encoded.ids[token];
        ended = ended || isEnd(token);
      }
    }
  }
  result.ids = std::move(encoded.ids);
  return result;
}

} // namespace attune::tokenizer
