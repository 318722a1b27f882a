// A field for text of any length. Wraps at words; where a stretch without a place to break would take Qt quadratic time, it
// wraps anywhere. Beyond kMost characters it shows the beginning and takes no input, so that nothing hidden is lost. GUI thread.
#pragma once

#include <QPlainTextEdit>

#include <algorithm>

namespace attune::ui {

class TextBox : public QPlainTextEdit {
  Q_OBJECT

public:
  static constexpr qsizetype kMost = 500000;

  explicit TextBox(QWidget *parent = nullptr);
  void setText(const QString &text);
  /// Whether it was given this very text and nothing was typed since.
  bool shows(const QString &text) const { return hidden() > 0 ? m_long == text : toPlainText() == text; }
  /// Characters of the text that are not shown.
  qsizetype hidden() const { return std::max<qsizetype>(0, m_long.size() - kMost); }

protected:
  void insertFromMimeData(const QMimeData *source) override;

private:
  void fitWrapping(const QString &text);

  QString m_long; // the whole text, where it is not all shown
};

} // namespace attune::ui
