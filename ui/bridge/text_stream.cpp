#include "ui/bridge/text_stream.h"

#include <utility>

namespace attune::ui {

TextStream::TextStream(QObject *parent) : QObject(parent) {
  m_timer.setInterval(100);
  connect(&m_timer, &QTimer::timeout, this, &TextStream::take);
}

std::shared_ptr<TextStream::Input> TextStream::begin() {
  m_input = std::make_shared<Input>();
  m_timer.start();
  return m_input;
}

void TextStream::end() {
  take();
  m_timer.stop();
  m_input.reset();
}

void TextStream::take() {
  if (!m_input) return;
  std::string text;
  api::ChatPace pace;
  {
    const std::lock_guard<std::mutex> lock(m_input->m_mutex);
    text = std::exchange(m_input->m_text, {});
    pace = m_input->m_pace;
  }
  if (!text.empty()) Q_EMIT arrived(QString::fromStdString(text), pace);
}

} // namespace attune::ui
