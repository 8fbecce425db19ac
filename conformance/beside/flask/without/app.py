from flask import Flask

app = Flask(__name__)


@app.get("/")
def public() -> str:
    return "<p>For everybody</p>"


@app.get("/private")
def private() -> str:
    return "<p>For users</p>"
