from fastapi import FastAPI
from fastapi.responses import HTMLResponse

app = FastAPI()


@app.get("/")
async def public() -> HTMLResponse:
    return HTMLResponse("<p>For everybody</p>")


@app.get("/private")
async def private() -> HTMLResponse:
    return HTMLResponse("<p>For users</p>")
