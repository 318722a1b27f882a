// A row as the model sees it: its tokens one after another, the trained ones coloured, boundaries visible. GUI thread.
// Draws what fits into its width; as tall as its text.
#pragma once

#include "core/api/token_preview.h"

#include <QWidget>

namespace attune::ui {

class TokenView : public QWidget {
  Q_OBJECT

public:
  explicit TokenView(QWidget *parent = nullptr);
  void setTokens(std::vector<api::PreviewToken> tokens);
  /// Where the first trained token's line begins; 0 without one.
  int firstTrained() const;
  static int lineHeight();
  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override { return layOut(width, nullptr); }
  QSize sizeHint() const override { return {320, heightForWidth(320)}; }

protected:
  void paintEvent(QPaintEvent *event) override;
  void resizeEvent(QResizeEvent *event) override;
  bool event(QEvent *event) override;

private:
  struct Piece { // a token, or the part of it on one line
    QRect rect;
    QString text;
    size_t token;
  };
  int layOut(int width, std::vector<Piece> *pieces) const;

  std::vector<api::PreviewToken> m_tokens;
  std::vector<Piece> m_pieces;
};

} // namespace attune::ui
